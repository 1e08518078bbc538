"""The balance of a period, from the facts that both services' feeds told."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.slices import Period
from analytics.projections.told import inquiries_told
from analytics.reconciliation.rules import PARTS, Balance, Record, balance_of
from analytics.reconciliation.schemas import ReconciliationOut

GRACE: Final = timedelta(minutes=15)
"""How long one service's word of an inquiry may be under way before its absence is a difference."""


async def reconcile(
    session: AsyncSession, workspace_id: UUID, period: Period, *, zone: ZoneInfo, now: datetime
) -> ReconciliationOut:
    """Every inquiry received in the period, by what became of it."""
    start, end = (datetime.combine(day, time.min, zone) for day in (period.start, period.end))
    told = await inquiries_told(session, workspace_id, start, end, fresh_after=now - GRACE)
    records = ((Record(alike.status, alike.result, alike.direct, alike.fresh), alike.number) for alike in told)
    return _answer(balance_of(records), period, now)


def _answer(balance: Balance, period: Period, now: datetime) -> ReconciliationOut:
    return ReconciliationOut(
        **{"from": period.start, "to": period.end},
        received=balance.received,
        **{part: balance.parts[part] for part in PARTS},
        direct=balance.direct,
        missing=balance.parts["missing"],
        unexplained=balance.parts["unexplained"],
        difference=balance.difference,
        balanced=balance.difference == 0,
        checked_at=now,
    )
