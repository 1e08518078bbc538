"""Open leads are scored anew in the background when the rules have changed, and as time passes by."""

from datetime import datetime, timedelta
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.leads import card, lifecycle, store
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.scoring.actions import begin_again
from crm_core.scoring.queries import model_of, settings_due

EVERY_S = 5
BATCH = 500
RECENCY = timedelta(hours=6)
"""So long after everybody was scored, rules about time may give other points."""

LIVE = (*OPEN, "postponed")


async def rescore(db: Database) -> int:
    """Scores what is left of every workspace; answers how many leads were looked at. A copy of the worker that comes
    second finds the setting locked and goes on to another workspace."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = [row.workspace_id for row in await settings_due(session, None, before=now - RECENCY)]
    looked_at = 0
    for workspace_id in workspaces:
        while True:
            async with db.transaction(workspace_id) as session:
                batch = await _batch(session, workspace_id, clock.now())
            looked_at += batch
            if batch < BATCH:
                break
    return looked_at


async def _batch(session: AsyncSession, workspace_id: UUID, now: datetime) -> int:
    """The next leads in order of id; those whose points changed are stored, and told if their score did."""
    [*found] = await settings_due(session, workspace_id, before=now - RECENCY)
    if not found:
        return 0
    setting, model = found[0], await model_of(session, workspace_id)
    if setting.finished_at is not None:
        begin_again(setting, now)
        if not model.moves_with_time():
            setting.finished_at = now
            return 0
    wanted = select(Lead).where(Lead.workspace_id == workspace_id, Lead.status.in_(LIVE)).order_by(Lead.id).limit(BATCH)
    if setting.scored_to is not None:
        wanted = wanted.where(Lead.id > setting.scored_to)
    leads = list(await session.scalars(wanted.with_for_update()))
    changes = store.Changes()
    for lead in leads:
        session.expunge(lead)
        before = (lead.score_points, lead.score, lead.temperature)
        card.refresh(lead, model, now=now)
        if (lead.score_points, lead.score, lead.temperature) != before:
            changes.changed.append(lead)
            if (lead.score, lead.temperature) != before[1:]:
                lifecycle.touch(lead, now)
                changes.events.append(lead_event("lead.updated", lead))
    await store.store(session, workspace_id, changes, by=SYSTEM, now=now)
    setting.scored += len(leads)
    if leads:
        setting.scored_to = leads[-1].id
    if len(leads) < BATCH:
        setting.finished_at = now
    return len(leads)
