"""Reading calls; every query names its workspace."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.calls.tables import CallRow


async def lock_calls(session: AsyncSession, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, CallRow]:
    """Those of the calls that are stored already, locked in order, outside the session."""
    found = await session.scalars(
        select(CallRow)
        .where(CallRow.workspace_id == workspace_id, CallRow.id.in_(sorted(ids)))
        .order_by(CallRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = list(found)
    for row in rows:
        session.expunge(row)
    return {row.id: row for row in rows}
