"""How long raw requests are kept: as the workspace is set, in small steps, and never of what is still to be delivered.

What a submission says stays; it can then no longer be replayed.
"""

from datetime import datetime
from uuid import UUID

from leadkit.db import Database
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.submissions.rules import UNDELIVERED
from lead_intake.submissions.tables import RawRequest, Submission, SubmissionRaw

AT_ONCE = 500
STEPS = 200
"""Steps of one go; what is left over is for the next."""


async def forget_raw(db: Database, workspace_id: UUID, received_before: datetime) -> int:
    """Deletes the workspace's raw requests that came before; answers how many."""
    removed, after = 0, UUID(int=0)
    for _ in range(STEPS):
        async with db.transaction(workspace_id) as session:
            old = await _next(session, workspace_id, after, received_before)
            if not old:
                break
            removed += await _delete(session, workspace_id, old, received_before)
        after = old[-1]
    return removed


async def _next(session: AsyncSession, workspace_id: UUID, after: UUID, received_before: datetime) -> list[UUID]:
    """Ids are in the order in which they were made, so the oldest are the first of the primary key."""
    rows = await session.scalars(
        select(RawRequest.id)
        .where(
            RawRequest.workspace_id == workspace_id,
            RawRequest.id > after,
            RawRequest.id < _made_at(received_before),
            RawRequest.received_at < received_before,
        )
        .order_by(RawRequest.id)
        .limit(AT_ONCE)
    )
    return list(rows)


async def _delete(session: AsyncSession, workspace_id: UUID, ids: list[UUID], received_before: datetime) -> int:
    """Those of which something undelivered was read stay: it is found from its side, since little is undelivered."""
    needed = (
        select(SubmissionRaw.raw_id)
        .join(
            Submission,
            (Submission.workspace_id == SubmissionRaw.workspace_id) & (Submission.id == SubmissionRaw.submission_id),
        )
        .where(
            SubmissionRaw.workspace_id == workspace_id,
            Submission.workspace_id == workspace_id,
            Submission.status.in_(UNDELIVERED),
            Submission.received_at < received_before,
        )
    )
    removed = await session.scalars(
        delete(RawRequest)
        .where(RawRequest.workspace_id == workspace_id, RawRequest.id.in_(ids), RawRequest.id.not_in(needed))
        .returning(RawRequest.id)
    )
    return len(removed.all())


def _made_at(moment: datetime) -> UUID:
    """The least UUIDv7 of a moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
