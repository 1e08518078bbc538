"""Writing down that a deal changed: version, audit log and event, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.deals.queries import state_of
from crm_core.deals.tables import Deal, StageChange
from crm_core.finding.words import search_text
from crm_core.rows import Write, write

COLUMNS = tuple(
    one.name for one in Deal.__table__.columns if one.name not in ("search_text", "next_step_at", "custom_told")
)

EVENTS = {
    "create": "deal.created",
    "update": "deal.updated",
    "assign": "deal.updated",
    "move": "deal.moved",
    "win": "deal.won",
    "lose": "deal.lost",
    "reopen": "deal.reopened",
}
"""By which event each action is told; the audit log names the action itself."""


def seen(deal: Deal) -> dict[str, Any]:
    """The deal's columns at this moment, to be held against those after a change."""
    return {name: getattr(deal, name) for name in COLUMNS}


async def record_new(
    session: AsyncSession,
    workspace_id: UUID,
    deals: Sequence[Deal],
    passages: Sequence[StageChange],
    *,
    by: str,
    now: datetime,
) -> None:
    """Stores new deals with the beginnings of their histories at once, and tells of them."""
    await write(session, [Write(deals), Write(passages)])
    entries = [audit.Change("deal.create", "deal", deal.id, after=seen(deal)) for deal in deals]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)
    await publish(session, [NewEvent(EVENTS["create"], workspace_id, deal.id, state_of(deal)) for deal in deals])


async def record_change(
    session: AsyncSession, deal: Deal, action: str, *, before: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Stores a changed deal as its next version and tells of it."""
    deal.version += 1
    deal.updated_at = now
    deal.search_text = search_text([deal.name])
    await session.flush()
    entry = audit.Change(f"deal.{action}", "deal", deal.id, before, seen(deal))
    await audit.record_all(session, workspace_id=deal.workspace_id, by=by, changes=[entry], now=now)
    await publish(session, [NewEvent(EVENTS[action], deal.workspace_id, deal.id, state_of(deal))])
