"""When something is due next on a lead or deal: kept on its row, so that a list of those without a next step reads an
index and not everybody's activities."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.activities.tables import Activity
from crm_core.deals import next_steps as deals
from crm_core.leads import next_steps as leads


async def note_next_steps(session: AsyncSession, workspace_id: UUID, changed: Iterable[Activity]) -> None:
    """Brings the leads and deals of activities that became open, were completed or are due at another time up to date.

    Their rows are locked before their activities are read, so of two changes at once the later one sees both."""
    rows = list(changed)
    await refresh_next_steps(
        session,
        workspace_id,
        lead_ids=sorted({row.lead_id for row in rows if row.lead_id}),
        deal_ids=sorted({row.deal_id for row in rows if row.deal_id}),
    )


async def refresh_next_steps(
    session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID] = (), deal_ids: Sequence[UUID] = ()
) -> None:
    """Brings these leads and deals up to date, given in order."""
    if lead_ids:
        await leads.lock(session, workspace_id, lead_ids)
        await leads.put(session, workspace_id, await _due(session, workspace_id, Activity.lead_id, lead_ids))
    if deal_ids:
        await deals.lock(session, workspace_id, deal_ids)
        await deals.put(session, workspace_id, await _due(session, workspace_id, Activity.deal_id, deal_ids))


async def _due(
    session: AsyncSession, workspace_id: UUID, on: InstrumentedAttribute[UUID | None], ids: Sequence[UUID]
) -> Mapping[UUID, datetime | None]:
    """When the first open activity of each is due; one without a due time counts from when it was noted."""
    found = await session.execute(
        select(on, func.min(func.coalesce(Activity.due_at, Activity.at)))
        .where(Activity.workspace_id == workspace_id, on.in_(ids), Activity.completed_at.is_(None))
        .group_by(on)
    )
    due = {row_id: at for row_id, at in found if row_id is not None}
    return {row_id: due.get(row_id) for row_id in ids}
