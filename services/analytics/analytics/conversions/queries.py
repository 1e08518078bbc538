"""The conversions of a period with the ids of the touches before them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.attribution.journeys import TOUCHED
from analytics.conversions.formats import Conversion

MOST_ROWS: Final = 100_000
LOOKBACK_DAYS: Final = 90
"""How long before a lead came its clicks count; platforms take no older ones either."""

_AT: Final = {
    "lead": "l.occurred_at",
    "qualified": "l.qualified_at",
    "converted": "l.converted_at",
    "won": "d.sold_at",
}

_CONVERSIONS: Final = """WITH reached AS (
        SELECT l.id, coalesce(l.contact_id, l.merged_into, l.id) AS person, {at} AS at, d.worth
        FROM fact_lead l LEFT JOIN LATERAL (
            SELECT min(coalesce(d.won_at, d.updated_at)) FILTER (WHERE d.status = 'won') AS sold_at,
                sum(d.amount) FILTER (WHERE d.currency = :currency AND {counts}) AS worth
            FROM fact_deal d WHERE d.workspace_id = l.workspace_id AND d.case_id = l.id) d ON true
        WHERE l.workspace_id = :workspace_id AND l.status <> 'merged' AND {at} >= :start AND {at} < :end
        ORDER BY 3, 1 LIMIT :most),
    touched AS ({touched})
    SELECT r.id, r.at, r.worth, jsonb_agg(jsonb_build_object(
        'click_ids', t.touch -> 'click_ids', 'client_ids', t.touch -> 'client_ids') ORDER BY t.at) AS ids
    FROM reached r JOIN touched t ON t.person = r.person AND t.at <= r.at
    WHERE t.touch ? 'click_ids' OR t.touch ? 'client_ids'
    GROUP BY r.id, r.at, r.worth ORDER BY r.at, r.id"""


async def conversions(
    session: AsyncSession,
    workspace_id: UUID,
    goal: str,
    *,
    start: datetime,
    end: datetime,
    currency: str,
    worth: Decimal | None,
) -> list[Conversion]:
    """Leads that first came as far as `goal` from `start` up to `end`, the earliest first, that have any id.

    Each is worth its deals (won ones, for `won`), else `worth`; of each kind of id the latest before it counts.
    """
    statement = _CONVERSIONS.format(
        at=_AT[goal], counts="d.status = 'won'" if goal == "won" else "d.status <> 'lost'", touched=TOUCHED
    )
    values: dict[str, Any] = {"workspace_id": workspace_id, "start": start, "end": end, "currency": currency}
    # A sale may come long after the lead, so the touches before it are looked for further back.
    lookback = LOOKBACK_DAYS if goal == "lead" else 4 * LOOKBACK_DAYS
    rows = await session.execute(text(statement), values | {"lookback": lookback, "most": MOST_ROWS})
    return [
        Conversion(
            lead_id=str(row.id),
            at=row.at,
            value=row.worth if row.worth is not None else worth,
            currency=currency,
            click_ids=_latest(row.ids, "click_ids"),
            client_ids=_latest(row.ids, "client_ids"),
        )
        for row in rows
    ]


def _latest(touches: Iterable[dict[str, dict[str, str] | None]], kind: str) -> dict[str, str]:
    ids: dict[str, str] = {}
    for touch in touches:
        ids |= touch[kind] or {}
    return ids
