"""Writing down that a deal changed: version, audit log and event, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadkit.outbox import NewEvent, publish
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.deals.queries import state_of
from crm_core.deals.tables import Deal


def seen(deal: Deal) -> dict[str, Any]:
    """The deal's columns at this moment, to be held against those after a change."""
    return {column.key: getattr(deal, column.key) for column in inspect(Deal).column_attrs}


async def record_new(session: AsyncSession, deal: Deal, *, by: str, now: datetime) -> None:
    """Stores a new deal and tells of it."""
    session.add(deal)
    await _write(session, deal, "deal.created", before=None, by=by, now=now)


async def record_change(
    session: AsyncSession, deal: Deal, event: str, *, before: Mapping[str, Any], by: str, now: datetime
) -> None:
    """Stores a changed deal as its next version and tells of it."""
    deal.version += 1
    deal.updated_at = now
    await _write(session, deal, event, before=before, by=by, now=now)


async def _write(
    session: AsyncSession, deal: Deal, event: str, *, before: Mapping[str, Any] | None, by: str, now: datetime
) -> None:
    await session.flush()
    await audit.record(
        session,
        workspace_id=deal.workspace_id,
        by=by,
        action=event,
        subject_type="deal",
        subject_id=deal.id,
        before=before,
        after=seen(deal),
        now=now,
    )
    await publish(session, [NewEvent(event, deal.workspace_id, deal.id, state_of(deal))])
