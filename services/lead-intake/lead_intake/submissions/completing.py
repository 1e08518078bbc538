"""Submissions that wait for their provider's API: completed by its answer, or put aside with the reason."""

from datetime import datetime
from uuid import UUID

from leadkit.db import driver_of
from leadkit.ids import new_id
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.submissions.drafts import Form
from lead_intake.submissions.events import recorded, tell
from lead_intake.submissions.gathering import gather
from lead_intake.submissions.tables import RawRequest, Submission, SubmissionRaw

NOTHING_NEW = "answer_told_nothing"


async def complete(
    session: AsyncSession,
    submission_id: UUID,
    answer: WireRequest,
    source: SourceView,
    *,
    workspace_id: UUID,
    now: datetime,
    form: Form = "wire",
) -> None:
    """Keeps the answer beside the notice and reads both; what stays pending even so would be asked for ever.

    `form`: an answer of the provider, or the person's confirmation.
    """
    row = await _locked(session, workspace_id, submission_id)
    if row is None:
        return
    raw_id = new_id()
    session.add_all(
        [
            RawRequest(
                workspace_id=workspace_id, id=raw_id, source_id=source.id, form=form, method=answer.method,
                rest=answer.rest, query=answer.query, headers=dict(answer.headers), body=answer.body,
                address=answer.address, received_at=answer.received_at,
            ),
            SubmissionRaw(workspace_id=workspace_id, submission_id=submission_id, raw_id=raw_id, place=0),
        ]
    )  # fmt: skip
    await session.flush()
    await gather(await driver_of(session), workspace_id, {submission_id: source}, now=now)
    await session.refresh(row)
    if row.status == "pending":
        await _put_aside(session, row, NOTHING_NEW, now=now)


async def give_up(
    session: AsyncSession, submission_id: UUID, reason: str, *, workspace_id: UUID, now: datetime
) -> None:
    """`unreadable` with the reason, until a person mends it and replays."""
    row = await _locked(session, workspace_id, submission_id)
    if row is not None:
        await _put_aside(session, row, reason, now=now)


async def _locked(session: AsyncSession, workspace_id: UUID, submission_id: UUID) -> Submission | None:
    """The submission, if it still waits: meanwhile it may have been completed otherwise, or marked as spam."""
    statement = select(Submission).where(
        Submission.workspace_id == workspace_id, Submission.id == submission_id, Submission.status == "pending"
    )
    return (await session.execute(statement.with_for_update())).scalar_one_or_none()


async def _put_aside(session: AsyncSession, row: Submission, reason: str, *, now: datetime) -> None:
    row.status, row.reason = "unreadable", reason[:255]
    row.version += 1
    row.updated_at = now
    await session.flush()
    await tell(await driver_of(session), row.workspace_id, [recorded(row)], now=now)
