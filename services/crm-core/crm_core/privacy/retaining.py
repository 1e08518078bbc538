"""How long closed leads are kept: at night, a workspace's long refused leads are erased, as if their person had asked.

Only of people with whom nothing else is going on: no contact, no other lead that is open or younger."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from leadkit import clock
from leadkit.db import Database
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.workspaces.queries import workspaces_that_forget
from crm_core.leads.erasing import Closed, closed_before, leads_of
from crm_core.privacy.actions import erase_person
from crm_core.privacy.people import person_of

EVERY_S = 1200
NIGHT_HOUR = 3
AT_ONCE = 50
CLOSED = ("disqualified", "merged")

log = structlog.get_logger()


async def keep_retention(db: Database, data_key: SecretStr) -> int:
    """Does so for each workspace in which it is three at night; answers how many people were erased."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        due = await workspaces_that_forget(session)
    erased = 0
    for one in due:
        if now.astimezone(ZoneInfo(one.time_zone)).hour == NIGHT_HOUR:
            erased += await forget_closed(db, one.id, now - timedelta(days=one.closed_leads_days), data_key)
    return erased


async def forget_closed(db: Database, workspace_id: UUID, before: datetime, data_key: SecretStr) -> int:
    """Erases whom nothing has been heard of since `before`, some at once in a transaction; answers how many."""
    erased, after = 0, Closed(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
    while True:
        async with db.transaction(workspace_id) as session:
            page = await closed_before(session, workspace_id, before, after=after, limit=AT_ONCE)
            for closed in page:
                erased += await _erase(session, workspace_id, closed.id, before, data_key)
        if len(page) < AT_ONCE:
            break
        after = page[-1]
    if erased:
        log.info("closed_leads_erased", workspace_id=str(workspace_id), people=erased)
    return erased


async def _erase(
    session: AsyncSession, workspace_id: UUID, lead_id: UUID, before: datetime, data_key: SecretStr
) -> bool:
    person = await person_of(session, workspace_id, lead_ids=[lead_id])
    leads = await leads_of(session, workspace_id, person.lead_ids, [])
    over = all(lead.status in CLOSED and lead.last_activity_at < before for lead in leads)
    done = all(lead.search_text == "" for lead in leads)  # erased a moment ago, with another lead of theirs
    if person.contact_ids or not over or done:
        return False
    await erase_person(session, workspace_id, data_key, lead_ids=[lead_id], by=SYSTEM, now=clock.now())
    return True
