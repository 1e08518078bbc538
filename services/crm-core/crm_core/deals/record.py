"""Writing down that a deal changed: version, audit log and event, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadkit.outbox import NewEvent, publish
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.deals.queries import state_of
from crm_core.deals.tables import Deal

COLUMNS = tuple(Deal.__table__.columns.keys())

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


async def record_new(session: AsyncSession, deal: Deal, *, by: str, now: datetime) -> None:
    """Stores a new deal and tells of it."""
    session.add(deal)
    await _write(session, deal, "create", before=None, by=by, now=now)


async def record_change(
    session: AsyncSession, deal: Deal, action: str, *, before: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Stores a changed deal as its next version and tells of it."""
    deal.version += 1
    deal.updated_at = now
    await _write(session, deal, action, before=before, by=by, now=now)


async def _write(
    session: AsyncSession, deal: Deal, action: str, *, before: Mapping[str, Any] | None, by: str, now: datetime
) -> None:
    await session.flush()
    await audit.record(
        session,
        workspace_id=deal.workspace_id,
        by=by,
        action=f"deal.{action}",
        subject_type="deal",
        subject_id=deal.id,
        before=before,
        after=seen(deal),
        now=now,
    )
    await publish(session, [NewEvent(EVENTS[action], deal.workspace_id, deal.id, state_of(deal))])
