"""Moving all open deals out of stages that are given up, with a handful of statements a thousand."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.deals.history import enter, last_change
from crm_core.deals.queries import state_of
from crm_core.deals.record import EVENTS, seen
from crm_core.deals.tables import Deal
from crm_core.pipelines.queries import StageInfo
from crm_core.rows import Write, write

AT_ONCE = 1000


async def has_open_in(session: AsyncSession, workspace_id: UUID, stage_ids: Sequence[UUID]) -> bool:
    """Whether an open deal is in one of these stages."""
    return bool(await session.scalar(select(exists(_open_in(workspace_id, stage_ids)))))


async def move_all_open(
    session: AsyncSession, workspace_id: UUID, stage_ids: Sequence[UUID], to: StageInfo, *, by: str, now: datetime
) -> None:
    """Takes the open deals in these stages into another one, whatever it asks for: where they were is no more."""
    first = _open_in(workspace_id, stage_ids).order_by(Deal.id).limit(AT_ONCE).with_for_update()
    while deals := list(await session.scalars(first)):
        await _move(session, workspace_id, deals, to, by=by, now=now)


def _open_in(workspace_id: UUID, stage_ids: Sequence[UUID]) -> Select[Deal]:
    return select(Deal).where(Deal.workspace_id == workspace_id, Deal.stage_id.in_(stage_ids), Deal.status == "open")


async def _move(
    session: AsyncSession, workspace_id: UUID, deals: Sequence[Deal], to: StageInfo, *, by: str, now: datetime
) -> None:
    before, passages = {deal.id: seen(deal) for deal in deals}, []
    for deal in deals:
        session.expunge(deal)
        passages.append(enter(deal, to, "open", at=max(now, last_change(deal)), by=by, note=None))
        deal.version += 1
        deal.updated_at = now
    await write(session, [Write(deals, "update"), Write(passages)])
    entries = [audit.Change("deal.move", "deal", deal.id, before[deal.id], seen(deal)) for deal in deals]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)
    await publish(session, [NewEvent(EVENTS["move"], workspace_id, deal.id, state_of(deal)) for deal in deals])
