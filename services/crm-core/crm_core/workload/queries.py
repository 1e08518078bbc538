"""Reading how much a user has to do: a handful of statements, each over an index."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import existing_user
from crm_core.activities.queries import open_activities_of
from crm_core.assignment.queries import given_since
from crm_core.leads.queries import open_leads_of, overdue_leads_of
from crm_core.working_time.queries import calendars_among
from crm_core.working_time.rules import unavailable
from crm_core.workload.schemas import WorkloadOut


async def workload_of(session: AsyncSession, workspace_id: UUID, user_id: UUID, *, now: datetime) -> WorkloadOut:
    """The user's workload as of now; raises `NotFound`."""
    user = await existing_user(session, workspace_id, user_id)
    calendar = (await calendars_among(session, workspace_id, [user]))[user_id]
    here = now.astimezone(calendar.zone)
    today = await given_since(session, workspace_id, user_id, datetime.combine(here, time(), here.tzinfo))
    open_leads = (await open_leads_of(session, workspace_id, [user_id])).get(user_id, 0)
    tasks = await open_activities_of(session, workspace_id, user_id, now)
    away = unavailable(calendar, now)
    return WorkloadOut(
        user_id=user_id, active=user.active, at_work=away is None, away_because=away, open_leads=open_leads,
        open_cap=user.open_cap, open_left=_left(user.open_cap, open_leads), given_today=today,
        daily_cap=user.daily_cap, daily_left=_left(user.daily_cap, today),
        overdue_leads=await overdue_leads_of(session, workspace_id, user_id, now), open_tasks=tasks.open,
        overdue_tasks=tasks.overdue, as_of=now,
    )  # fmt: skip


def _left(cap: int | None, taken: int) -> int | None:
    return None if cap is None else max(0, cap - taken)
