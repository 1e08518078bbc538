"""What rate cards make owed, in SQL: one row for each lead (or action of one) that a card pays for.

It is read from the facts whenever it is asked for, so that whatever becomes of a lead (a later reason, a merge, a new
zone of the workspace) is in the next answer. The cost of that grows with the leads under cards, and with nothing else.
"""

from typing import Final

from analytics.currencies.queries import converted_sql

REFUSED: Final = ("spam", "unreachable", "region", "repeated")
"""Why a lead is not paid, the first that stands."""

_ACTIONS: Final = """
    SELECT l.id, l.occurred_at AS at FROM fact_lead l
    WHERE c.pays = 'lead' AND l.workspace_id = :workspace_id
      AND l.occurred_at >= :start AND l.occurred_at < :end AND l.source = c.source
    UNION ALL
    SELECT l.id, l.qualified_at FROM fact_lead l
    WHERE c.pays = 'qualified' AND l.workspace_id = :workspace_id
      AND l.qualified_at >= :start AND l.qualified_at < :end AND l.source = c.source
    UNION ALL
    SELECT d.case_id, min(coalesce(d.won_at, d.updated_at)) FROM fact_deal d
    WHERE c.pays = 'won' AND d.workspace_id = :workspace_id AND d.status = 'won'
    GROUP BY d.case_id
    HAVING min(coalesce(d.won_at, d.updated_at)) >= :start AND min(coalesce(d.won_at, d.updated_at)) < :end"""
"""What a card pays for, and when it came to that: a lead's first sale, however many there are."""

_LOST_IN_TIME: Final = """l.status = 'disqualified'
    AND coalesce(l.disqualified_at, l.updated_at) <= a.at + c.return_days * interval '1 day'"""

_REPEATED: Final = """c.unique_within_days IS NOT NULL AND CASE WHEN l.contact_id IS NULL THEN l.repeat ELSE EXISTS (
    SELECT FROM fact_lead o WHERE o.workspace_id = :workspace_id AND o.contact_id = l.contact_id
      AND o.status <> 'merged' AND (o.occurred_at, o.id) < (l.occurred_at, l.id)
      AND o.occurred_at >= l.occurred_at - c.unique_within_days * interval '1 day') END"""
"""Of a lead without a contact it is only known whether the person had come before, not when."""

CHARGES: Final = f"""
    SELECT DISTINCT ON (l.id, c.pays)
        c.id AS card_id, c.supplier, c.pays, c.amount, c.currency, c.return_days, l.id AS lead_id, a.at,
        (a.at AT TIME ZONE :zone)::date AS day, l.source, l.medium, l.campaign, l.content, l.term,
        l.contacted_at IS NOT NULL AS contacted, l.qualified_at IS NOT NULL AS qualified,
        CASE WHEN l.loss_reason_id = ANY(c.spam_for) AND {_LOST_IN_TIME} THEN 'spam'
            WHEN l.loss_reason_id = ANY(c.unreachable_for) AND {_LOST_IN_TIME} THEN 'unreachable'
            WHEN cardinality(c.regions) > 0 AND l.region <> ALL(c.regions) THEN 'region'
            WHEN {_REPEATED} THEN 'repeated' END AS refused,
        (SELECT d.status FROM dispute d
         WHERE d.workspace_id = :workspace_id AND d.card_id = c.id AND d.lead_id = l.id) AS dispute
    FROM rate_card c CROSS JOIN LATERAL ({_ACTIONS}) a
    JOIN fact_lead l ON l.workspace_id = :workspace_id AND l.id = a.id
    WHERE c.workspace_id = :workspace_id AND l.status <> 'merged' AND l.source = c.source
      AND (c.medium IS NULL OR c.medium = l.medium) AND (c.campaign IS NULL OR c.campaign = l.campaign)
      AND (a.at AT TIME ZONE :zone)::date >= c.valid_from
      AND (c.valid_to IS NULL OR (a.at AT TIME ZONE :zone)::date < c.valid_to)
    ORDER BY l.id, c.pays, (c.medium IS NOT NULL)::int + (c.campaign IS NOT NULL)::int DESC, c.valid_from DESC, c.id"""
"""Of `:workspace_id`, of moments from `:start` up to `:end`, with days in `:zone`. A lead is paid for once by a kind of
payment: by the card that names most of it, then by the youngest."""

CONVERTED: Final = (
    f"CASE WHEN c.currency = :currency THEN c.amount ELSE {converted_sql('c.amount', 'c.currency', 'c.day')} END"
)
"""A charge `c` in `:currency`, by the rate of its day; null where none is known."""
