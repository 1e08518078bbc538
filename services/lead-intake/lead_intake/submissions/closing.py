"""Submissions that stay `pending`: a call whose end was never told counts as missed after two hours. Those that wait
for their provider to be asked, or for the person to confirm, wait on."""

from datetime import datetime
from uuid import UUID

from leadkit.db import Database, driver_of
from leadkit.sealing import Sealer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.providers import ASKING
from lead_intake.sources.queries import source_views, workspaces_with_sources
from lead_intake.submissions.gathering import gather
from lead_intake.submissions.opting import AWAITING
from lead_intake.submissions.rules import MAY_LAST
from lead_intake.submissions.tables import Submission

AT_ONCE = 200


async def close_overdue(db: Database, sealer: Sealer, *, now: datetime) -> int:
    """Closes what has been pending too long, workspace by workspace; answers how many."""
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = await workspaces_with_sources(session)
    closed = 0
    for workspace_id in workspaces:
        async with db.transaction(workspace_id) as session:
            closed += await _close_in(session, workspace_id, sealer, now=now)
    return closed


async def _close_in(session: AsyncSession, workspace_id: UUID, sealer: Sealer, *, now: datetime) -> int:
    rows = await session.execute(
        select(Submission.id, Submission.source_id)
        .where(
            Submission.workspace_id == workspace_id,
            Submission.status == "pending",
            Submission.provider.not_in(ASKING),
            Submission.reason.is_distinct_from(AWAITING),
            Submission.received_at < now - MAY_LAST,
        )
        .order_by(Submission.received_at, Submission.id)
        .limit(AT_ONCE)
    )
    sources_of = {row.id: row.source_id for row in rows}
    if not sources_of:
        return 0
    views = await source_views(session, workspace_id, set(sources_of.values()), sealer)
    open_ones = {submission_id: views[source_id] for submission_id, source_id in sources_of.items()}
    await gather(await driver_of(session), workspace_id, open_ones, now=now, closing=True)
    return len(open_ones)
