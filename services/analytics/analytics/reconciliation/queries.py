"""The balance of a period, from the facts that both services' feeds told."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.asking import Period
from analytics.projections.tables import InquiryFact, SubmissionFact
from analytics.reconciliation.rules import PARTS, Balance, Record, balance_of
from analytics.reconciliation.schemas import ReconciliationOut

GRACE: Final = timedelta(minutes=15)
"""How long one service's word of an inquiry may be under way before its absence is a difference."""


async def reconcile(
    session: AsyncSession, workspace_id: UUID, period: Period, *, zone: ZoneInfo, now: datetime
) -> ReconciliationOut:
    """Every inquiry received in the period, by what became of it."""
    start, end = (datetime.combine(day, time.min, zone) for day in (period.start, period.end))
    told = union_all(_submissions(workspace_id, start, end), _without_submission(workspace_id, start, end)).subquery()
    fresh = told.c.received_at > now - GRACE
    rows = await session.execute(
        select(told.c.status, told.c.result, told.c.direct, fresh.label("fresh"), func.count()).group_by(
            told.c.status, told.c.result, told.c.direct, fresh
        )
    )
    return _answer(balance_of((Record(*row[:4]), row[4]) for row in rows), period, now)


def _submissions(workspace_id: UUID, start: datetime, end: datetime) -> Select[str, str, bool, datetime]:
    same = and_(InquiryFact.workspace_id == SubmissionFact.workspace_id, InquiryFact.id == SubmissionFact.id)
    return (
        select(SubmissionFact.status, InquiryFact.result, literal(False).label("direct"), SubmissionFact.received_at)
        .outerjoin(InquiryFact, same)
        .where(SubmissionFact.workspace_id == workspace_id)
        .where(SubmissionFact.received_at >= start, SubmissionFact.received_at < end)
    )


def _without_submission(workspace_id: UUID, start: datetime, end: datetime) -> Select[None, str, bool, datetime]:
    submission = (
        select(SubmissionFact.id)
        .where(SubmissionFact.workspace_id == InquiryFact.workspace_id, SubmissionFact.id == InquiryFact.id)
        .exists()
    )
    return (
        select(null().label("status"), InquiryFact.result, InquiryFact.direct, InquiryFact.received_at)
        .where(InquiryFact.workspace_id == workspace_id, ~submission)
        .where(InquiryFact.received_at >= start, InquiryFact.received_at < end)
    )


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
