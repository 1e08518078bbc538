"""Due times as reminders: a timer of the worker tells of activities that are due soon, and of those that were missed.

An alarm is told once: the event and the note that it was told are one transaction, so a worker that is killed leaves
the alarm to the next one. After a standstill only what is still true is told."""

from datetime import datetime
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.outbox import publish
from leadkit.worker import batch_after_batch
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities import rules
from crm_core.activities.queries import event_of
from crm_core.activities.tables import Activity
from crm_core.rows import Write, put, write

EVERY_S = 1
BATCH = 500


async def tell_alarms(db: Database) -> int:
    """Tells every alarm whose time has come, workspace by workspace; answers how many."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = list(
            await session.scalars(select(Activity.workspace_id).where(Activity.alarm_at <= now).distinct())
        )
    return await batch_after_batch(
        db, workspaces, lambda session, workspace_id: _tell_batch(session, workspace_id, now), size=BATCH
    )


async def _tell_batch(session: AsyncSession, workspace_id: UUID, now: datetime) -> int:
    """Up to BATCH alarms of one workspace; what another worker or a request has in hand comes later."""
    found = await session.scalars(
        select(Activity)
        .where(Activity.workspace_id == workspace_id, Activity.alarm_at <= now)
        .order_by(Activity.alarm_at, Activity.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows, events = list(found), []
    for row in rows:
        session.expunge(row)
        missed = rules.is_missed(row.due_at, now=now)
        told = {"missed_at": now, "alarm_at": None} if missed else {"reminded_at": now, "alarm_at": row.due_at}
        put(row, **told, version=row.version + 1, updated_at=now)
        events.append(event_of("activity.missed" if missed else "activity.due_soon", row))
    await write(session, [Write(rows, "update")])
    await publish(session, events)
    return len(rows)
