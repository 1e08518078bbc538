"""What the two services say of the same inquiries."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.tables import InquiryFact, SubmissionFact


class Alike(NamedTuple):
    """Inquiries told of alike: lead-intake's `status`, crm-core's `result`, None where one of them says nothing."""

    status: str | None
    result: str | None
    direct: bool
    fresh: bool
    number: int


async def inquiries_told(
    session: AsyncSession, workspace_id: UUID, start: datetime, end: datetime, *, fresh_after: datetime
) -> list[Alike]:
    """Every inquiry, by its id, received from `start` up to `end`; where there is a submission its time counts.

    `fresh`: received after `fresh_after`; `direct`: it came to crm-core without lead-intake.
    """
    parts = _submissions(workspace_id, start, end), _without_submission(workspace_id, start, end)
    told = union_all(*parts).subquery()
    kinds = (told.c.status, told.c.result, told.c.direct, told.c.received_at > fresh_after)
    rows = await session.execute(select(*kinds, func.count()).group_by(*kinds))
    return [Alike(*row) for row in rows]


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
