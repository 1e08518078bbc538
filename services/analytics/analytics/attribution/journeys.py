"""The ways of persons to their leads and sales, read from the touches of all their inquiries."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.attribution.models import Journey
from analytics.projections.foreign_sums import REVENUE
from analytics.projections.slices import Slice

TOUCH_DIMENSIONS: Final = (
    "source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group",
    "landing_page",
)  # fmt: skip
"""What touches can be told apart by."""


class Owed(NamedTuple):
    """What is given out: what a case brings (in SQL), when (touches after it count nothing), and how it is read."""

    key: str
    brings: str
    conversions: str
    by_sale: bool


OWED: Final = (
    Owed("leads", "c.leads", "c.leads", by_sale=False),
    Owed("qualified", "c.qualified", "c.qualified", by_sale=False),
    Owed("won", "c.won", "least(c.won, 1)", by_sale=True),
    Owed("revenue", "c.revenue", "least(c.won, 1)", by_sale=True),
)
"""What the models give out; totals are those of the metrics of the same keys with basis cohort."""

TOUCHED: Final = """SELECT coalesce(l.contact_id, l.merged_into, l.id, i.contact_id, i.lead_id, i.id) AS person,
        t.touch, (t.touch ->> 'at')::timestamptz AS at
    FROM fact_inquiry i LEFT JOIN fact_lead l ON l.workspace_id = i.workspace_id AND l.id = i.lead_id
    CROSS JOIN LATERAL jsonb_array_elements(i.touches) AS t(touch)
    WHERE i.workspace_id = :workspace_id AND i.received_at >= CAST(:start AS timestamptz) - :lookback * interval '1 day'
"""
"""Every touch with its person: the contact where there is one, else the lead. The first touch of a person comes again
with each of their inquiries."""

_CASES: Final = f"""SELECT l.id, coalesce(l.contact_id, l.merged_into, l.id) AS person, l.occurred_at AS born,
        (l.status <> 'merged')::int AS leads,
        (l.status <> 'merged' AND l.qualified_at IS NOT NULL)::int AS qualified,
        coalesce(d.won, 0) AS won, coalesce(d.revenue, 0) AS revenue, d.sold_at, to_jsonb(l) AS own
    FROM fact_lead l LEFT JOIN LATERAL (
        SELECT count(*) AS won, min(coalesce(d.won_at, d.updated_at)) AS sold_at,
            sum({REVENUE}) AS revenue
        FROM fact_deal d WHERE d.workspace_id = l.workspace_id AND d.case_id = l.id AND d.status = 'won') d ON true
    WHERE l.workspace_id = :workspace_id AND l.occurred_at >= :start AND l.occurred_at < :end
    UNION ALL
    SELECT d.id, coalesce(d.contact_id, d.id), d.created_at, 0, 0, (d.status = 'won')::int,
        CASE WHEN d.status = 'won' THEN {REVENUE} ELSE 0 END,
        CASE WHEN d.status = 'won' THEN coalesce(d.won_at, d.updated_at) END, '{{}}'::jsonb
    FROM fact_deal d LEFT JOIN fact_lead l ON l.workspace_id = d.workspace_id AND l.id = d.case_id
    WHERE d.workspace_id = :workspace_id AND d.created_at >= :start AND d.created_at < :end AND l.id IS NULL
"""
"""Leads, with what their deals brought, and deals without a lead: as cells count them with basis cohort."""


def _statement(owed: Owed, by: Sequence[str], *, with_ages: bool) -> str:
    until = "coalesce(c.sold_at, c.born)" if owed.by_sale else "c.born"
    key = ", ".join(f"coalesce(t.touch ->> '{each}', '')" for each in by)
    own = ", ".join(f"coalesce(c.own ->> '{each}', '')" for each in by)
    age = f"(extract(epoch FROM {until} - t.at) / 86400)::int" if with_ages else "0"
    return f"""WITH cases AS ({_CASES}), touched AS ({TOUCHED}), seen AS (
        SELECT DISTINCT c.id, t.at, jsonb_build_array({key})::text AS key, {age} AS age,
            (t.touch ->> 'direct')::boolean AS direct
        FROM cases c JOIN touched t ON t.person = c.person
        WHERE t.at <= {until} AND t.at >= c.born - :lookback * interval '1 day'),
    ways AS (
        SELECT c.id, {owed.brings} AS brings, {owed.conversions} AS conversions,
            jsonb_build_array({own})::text AS own,
            array_agg(k.key ORDER BY k.at, k.key) FILTER (WHERE k.key IS NOT NULL) AS keys,
            array_agg(k.age ORDER BY k.at, k.key) FILTER (WHERE k.key IS NOT NULL) AS ages,
            array_agg(k.direct ORDER BY k.at, k.key) FILTER (WHERE k.key IS NOT NULL) AS direct
        FROM cases c LEFT JOIN seen k ON k.id = c.id
        WHERE c.leads > 0 OR c.won > 0
        GROUP BY c.id, c.own, c.leads, c.qualified, c.won, c.revenue)
    SELECT coalesce(keys, ARRAY[own]) AS keys, coalesce(ages, ARRAY[0]) AS ages,
        coalesce(direct, ARRAY[false]) AS direct, count(*) AS cases, sum(conversions) AS conversions,
        sum(brings) AS brings
    FROM ways GROUP BY 1, 2, 3"""


async def journeys(
    session: AsyncSession, asked: Slice, owed: Owed, by: Sequence[str], *, lookback_days: int, with_ages: bool
) -> list[Journey]:
    """Alike ways to the leads (and deals without one) that began in the slice's period, each once.

    Who came without any touch has one: what the lead itself says.
    """
    values: dict[str, Any] = {
        "workspace_id": asked.workspace_id,
        "start": datetime.combine(asked.period.start, time.min, asked.zone),
        "end": datetime.combine(asked.period.end, time.min, asked.zone),
        "zone": asked.zone.key,
        "currency": asked.currency,
    }
    statement = text(_statement(owed, by, with_ages=with_ages))
    rows = await session.execute(statement, values | {"lookback": lookback_days})
    return [
        Journey(
            keys=tuple(tuple(orjson.loads(key)) for key in row.keys),
            ages=tuple(row.ages),
            direct=tuple(row.direct),
            cases=row.cases,
            conversions=int(row.conversions),
            value=int(row.brings * 100),
        )
        for row in rows
    ]
