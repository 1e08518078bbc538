"""What is planned on a lead goes where the lead goes: to its new owner, and onto the deal that it becomes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadkit.outbox import publish
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.next_steps import refresh_next_steps
from crm_core.activities.queries import event_of
from crm_core.activities.tables import Activity
from crm_core.rows import Write, put, write


class Handed(NamedTuple):
    """A lead's former owner, its present one and its team."""

    former_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None


async def follow_owners(
    session: AsyncSession, workspace_id: UUID, leads: Mapping[UUID, Handed], *, now: datetime
) -> None:
    """Open activities on these (locked) leads that nobody or the former owner had go to the present one; what somebody
    else planned stays theirs. Three statements for all."""
    if not leads:
        return
    taken = []
    for row in await _open_on(session, workspace_id, list(leads)):
        handed = leads[UUID(int=row.lead_id.int)] if row.lead_id else None
        if handed is not None and row.owner_id in (None, handed.former_id):
            put(row, owner_id=handed.owner_id, team_id=handed.team_id)
            taken.append(row)
    await _store(session, taken, now)


async def follow_deal(
    session: AsyncSession, workspace_id: UUID, lead_id: UUID, *, deal_id: UUID, contact_id: UUID, now: datetime
) -> None:
    """Open activities on a (locked) lead that was converted are on its deal and contact too."""
    rows = await _open_on(session, workspace_id, [lead_id])
    for row in rows:
        put(row, deal_id=row.deal_id or deal_id, contact_id=row.contact_id or contact_id)
    await _store(session, rows, now)
    if rows:
        await refresh_next_steps(session, workspace_id, deal_ids=[deal_id])


async def _open_on(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> list[Activity]:
    """By the index of what is open on a lead; outside the session."""
    wanted = select(Activity).where(
        Activity.workspace_id == workspace_id, Activity.lead_id.in_(lead_ids), Activity.completed_at.is_(None)
    )
    rows = list(await session.scalars(wanted.order_by(Activity.id).with_for_update()))
    for row in rows:
        session.expunge(row)
    return rows


async def _store(session: AsyncSession, rows: Sequence[Activity], now: datetime) -> None:
    """Each as its next version, and told."""
    for row in rows:
        put(row, version=row.version + 1, updated_at=now)
    await write(session, [Write(rows, "update")])
    await publish(session, [event_of("activity.updated", row) for row in rows])
