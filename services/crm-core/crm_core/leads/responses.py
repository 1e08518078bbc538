"""The first response to a lead, as activities tell it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.leads import lifecycle, store
from crm_core.leads.wire import lead_event


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
