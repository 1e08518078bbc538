"""Reading calendars and holidays; every query names its workspace."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import existing_user, users_by_id
from crm_core.working_time.reading import calendar_from
from crm_core.working_time.rules import Calendar
from crm_core.working_time.schemas import AvailabilityOut
from crm_core.working_time.tables import Holiday


async def calendars_of(session: AsyncSession, workspace_id: UUID, user_ids: Collection[UUID]) -> dict[UUID, Calendar]:
    """The calendars of these users, with two statements for all."""
    users = await users_by_id(session, workspace_id, list(set(user_ids)))
    return await calendars_among(session, workspace_id, users.values())


async def calendars_among(session: AsyncSession, workspace_id: UUID, users: Iterable[Any]) -> dict[UUID, Calendar]:
    """The calendars of users that were read already, rows with what `Kept` asks for."""
    days = await holidays(session, workspace_id)
    return {UUID(int=user.id.int): calendar_from(user, days) for user in users}


async def holidays(session: AsyncSession, workspace_id: UUID) -> frozenset[date]:
    """All holidays of the workspace, past and to come."""
    return frozenset(await session.scalars(select(Holiday.day).where(Holiday.workspace_id == workspace_id)))


def holidays_of(workspace_id: UUID, *, year: int | None) -> Select[Any]:
    """The workspace's holidays, for a list."""
    statement = select(Holiday).where(Holiday.workspace_id == workspace_id)
    if year is not None:
        statement = statement.where(Holiday.day.between(date(year, 1, 1), date(year, 12, 31)))
    return statement


async def availability_of(
    session: AsyncSession, workspace_id: UUID, user_id: UUID, *, now: datetime
) -> AvailabilityOut:
    """When a user is at work, as of now; raises `NotFound`."""
    user = await existing_user(session, workspace_id, user_id)
    calendars = await calendars_among(session, workspace_id, [user])
    return AvailabilityOut.of(user, calendars[user_id], now)
