"""The first response to a lead, as activities and calls tell it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.leads import card, lifecycle, rules, store
from crm_core.leads.wire import lead_event
from crm_core.scoring.queries import model_of


async def note_first_response(
    session: AsyncSession, workspace_id: UUID, lead_id: UUID, at: datetime, *, now: datetime
) -> None:
    """Somebody called or wrote to the person of a lead at `at`; the first time counts and is told."""
    for lead in await store.lock_leads(session, workspace_id, [lead_id]):
        before = lead.first_response_at
        lifecycle.answered(lead, at)
        if lead.first_response_at == before:
            continue
        lifecycle.touch(lead, now)
        changes = store.Changes(changed=[lead], events=[lead_event("lead.updated", lead)])
        await store.store(session, workspace_id, changes, by=SYSTEM, now=now)


async def note_talks(
    session: AsyncSession, workspace_id: UUID, talks: Mapping[UUID, datetime], *, by: str, now: datetime
) -> None:
    """Somebody of ours talked with the persons of these leads (by id) at these times: the first time is the first
    response, and an assigned lead is in progress from then on. A talk from before they asked is none about it."""
    changes = store.Changes()
    model = await model_of(session, workspace_id)
    for lead in await store.lock_leads(session, workspace_id, talks):
        at, before = talks[lead.id], lead.first_response_at
        if at < lead.occurred_at:
            continue
        lifecycle.answered(lead, at)
        card.behaved(lead, "calls_answered")
        if lead.status == "assigned":
            step = lifecycle.Step(by=by, at=max(at, lead.moved_at), now=now)
            changes.history.append(lifecycle.take(lead, "start", step))
            card.refresh(lead, model, now=now)
            changes.events.append(lead_event(rules.transition("start").event, lead))
        else:
            score = lead.score
            card.refresh(lead, model, now=now)
            if (lead.first_response_at, lead.score) != (before, score):
                lifecycle.touch(lead, now)
                changes.events.append(lead_event("lead.updated", lead))
        changes.changed.append(lead)
    if changes.changed:
        await store.store(session, workspace_id, changes, by=by, now=now)
