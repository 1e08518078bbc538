"""Postponed leads come back by themselves: a timer of the worker looks for those whose time has come."""

from datetime import datetime
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.worker import batch_after_batch
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.activities.actions import NewActivity, record_many
from crm_core.leads import lifecycle, store
from crm_core.leads.handing import give_by_rules, orphaned
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event

BATCH = 200
EVERY_S = 5
SUBJECT = {"en": "Back from postponement", "ru": "Вернулся отложенный лид"}


async def return_postponed(db: Database) -> int:
    """Brings back every postponed lead whose time has come, workspace by workspace; answers how many."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        due = select(Lead.workspace_id).where(Lead.status == "postponed", Lead.postponed_until <= now).distinct()
        workspaces = list(await session.scalars(due))
    return await batch_after_batch(
        db, workspaces, lambda session, workspace_id: _return_batch(session, workspace_id, now), size=BATCH
    )


async def _return_batch(session: AsyncSession, workspace_id: UUID, now: datetime) -> int:
    """Up to BATCH leads of one workspace; another worker's are skipped. What was somebody's who has left goes out by
    the rules."""
    found = await session.scalars(
        select(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.status == "postponed", Lead.postponed_until <= now)
        .order_by(Lead.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    changes = store.Changes(changed=list(found))
    for lead in changes.changed:
        session.expunge(lead)
        step = lifecycle.Step(by=SYSTEM, at=lead.postponed_until or now, now=now)
        changes.history.append(lifecycle.take(lead, "reopen", step))
        changes.events.append(lead_event("lead.reopened", lead))
    alone = [(lead, lead.owner_id) for lead in await orphaned(session, workspace_id, changes.changed)]
    if alone:
        await give_by_rules(session, workspace_id, alone, changes, now=now)
    await store.store(session, workspace_id, changes, by=SYSTEM, now=now)
    workspace = await existing_workspace(session, workspace_id)
    tasks = [_task(lead, workspace.language, now) for lead in changes.changed]
    await record_many(session, tasks, workspace_id=workspace_id, by=SYSTEM, language=workspace.language, now=now)
    return len(changes.changed)


def _task(lead: Lead, language: str, now: datetime) -> NewActivity:
    subject = SUBJECT.get(language.partition("-")[0], SUBJECT["en"])
    return NewActivity(
        id=new_id(), kind="task", lead_id=lead.id, owner_id=lead.owner_id, team_id=lead.team_id, subject=subject,
        due_at=now, at=now,
    )  # fmt: skip
