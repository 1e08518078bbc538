"""Reading deadlines; every query names its workspace, but for the worker's look at which have any that is due."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from leadkit.outbox import NewEvent
from leadkit.snapshot import Place, paged
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deadlines.tables import Deadline
from crm_core.deadlines.wire import deadline_event

TOLD_AS = {
    "open": "deadline.due_soon", "breached": "deadline.breached", "met": "deadline.fulfilled",
    "late": "deadline.fulfilled",
}  # fmt: skip
"""By status the event that told it last."""


async def workspaces_due(session: AsyncSession, now: datetime) -> list[UUID]:
    """Workspaces with a deadline that somebody has to look at (role worker)."""
    return list(await session.scalars(select(Deadline.workspace_id).where(Deadline.wake_at <= now).distinct()))


async def leads_due(session: AsyncSession, workspace_id: UUID, now: datetime, limit: int) -> list[UUID]:
    """Leads with such a deadline, the longest due first."""
    due = select(Deadline.lead_id).where(Deadline.workspace_id == workspace_id, Deadline.wake_at <= now)
    return list(await session.scalars(due.order_by(Deadline.wake_at).limit(limit)))


async def had_by(session: AsyncSession, workspace_id: UUID, lead_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Who missed the deadline of each lead, so that it is not offered to them again."""
    rows = await session.execute(
        select(Deadline.lead_id, Deadline.owner_id).where(
            Deadline.workspace_id == workspace_id, Deadline.lead_id.in_(lead_ids), Deadline.status == "breached"
        )
    )
    found = defaultdict[UUID, set[UUID]](set)
    for lead_id, owner_id in rows:
        found[lead_id].add(UUID(int=owner_id.int))
    return {lead_id: frozenset(owners) for lead_id, owners in found.items()}


async def deadlines_of(session: AsyncSession, workspace_id: UUID, lead_id: UUID) -> Sequence[Deadline]:
    """All deadlines of a lead, the latest first."""
    of_lead = select(Deadline).where(Deadline.workspace_id == workspace_id, Deadline.lead_id == lead_id)
    return (await session.scalars(of_lead.order_by(Deadline.id.desc()))).all()


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of the deadlines that were told of."""
    told = select(Deadline).where(Deadline.version > 1, Deadline.status != "void")
    page = paged(told, key=(Deadline.workspace_id, Deadline.id), workspace_id=workspace_id, after=after, limit=limit)
    return [deadline_event(TOLD_AS[row.status], row) for row in await session.scalars(page)]
