"""Use cases of the projections beside projecting itself: asking for a rebuild."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.tables import Rebuild


async def request_rebuild(session: AsyncSession, workspace_id: UUID, *, with_facts: bool, now: datetime) -> Rebuild:
    """Writes down that the workspace's cells (and facts) are to be made anew; a worker does it while all goes on."""
    rebuild = Rebuild(
        workspace_id=workspace_id,
        id=new_id(),
        status="waiting",
        with_facts=with_facts,
        facts_read=0,
        generation=None,
        problem=None,
        requested_at=now,
        finished_at=None,
    )
    session.add(rebuild)
    await session.flush()
    return rebuild
