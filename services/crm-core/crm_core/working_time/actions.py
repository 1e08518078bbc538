"""Changing when users are at work, and keeping holidays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Conflict, Forbidden, Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.users.actions import update_user
from crm_core.access.users.queries import existing_user
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.uniqueness import unique
from crm_core.working_time.schemas import AvailabilityPatch, AvailabilityPut, HolidayCreate, Hours
from crm_core.working_time.tables import Holiday

NEVER_NULL = ("time_zone", "days_off")


class HolidayKept(Conflict):
    """The workspace has this holiday."""

    code = "holiday-kept"
    title = "This day is a holiday already"


async def put_availability(
    session: AsyncSession, user_id: UUID, wanted: AvailabilityPut, version: int | None, *, caller: Caller, now: datetime
) -> None:
    """Gives the user this availability and nothing of the one before; raises `NotFound`, `Forbidden`, `Stale`."""
    told = wanted.model_dump(mode="json", exclude={"pause"})
    if told["time_zone"] is None:
        del told["time_zone"]
    await _change(session, user_id, told | _pause(wanted, now), version, caller=caller, now=now)


async def patch_availability(
    session: AsyncSession,
    user_id: UUID,
    wanted: AvailabilityPatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> None:
    """Applies a merge patch; raises `NotFound`, `Forbidden`, `Stale`, `PreconditionRequired`."""
    sent = changes(wanted, never_null=NEVER_NULL)
    told = {name: value for name, value in wanted.model_dump(mode="json").items() if name in sent and name != "pause"}
    if told.get("rota") is not None:
        told["working_hours"] = None
    if told.get("working_hours") is not None:
        told["rota"] = None
    if "pause" in sent:
        told |= _pause(wanted, now)
    await _change(session, user_id, told, version, caller=caller, now=now)


async def _change(
    session: AsyncSession, user_id: UUID, told: Mapping[str, Any], version: int | None, *, caller: Caller, now: datetime
) -> None:
    user = await existing_user(session, caller.workspace, user_id)
    _check_may(caller, user.id, user.team_id, told)
    await update_user(session, caller.workspace, user_id, told, if_match=version, by=caller.subject, now=now)


def _check_may(caller: Caller, user_id: UUID, team_id: UUID | None, told: Mapping[str, Any]) -> None:
    """Who administers may change everybody's, a head the team's, and everybody may pause and come back."""
    if "admin" in caller.scopes:
        return
    if caller.role == "head" and caller.team_id is not None and team_id == caller.team_id:
        return
    if caller.user_id == user_id and told.keys() <= {"paused_since", "paused_until", "pause_reason"}:
        return
    raise Forbidden("Availability is changed by an admin or the team's head; everybody may pause themselves.")


def _pause(wanted: Hours, now: datetime) -> dict[str, Any]:
    pause = wanted.pause
    if pause is None:
        return {"paused_since": None, "paused_until": None, "pause_reason": None}
    if pause.until is not None and pause.until <= now:
        raise Invalid.at("/pause/until", "must be in the future")
    return {"paused_since": now, "paused_until": pause.until, "pause_reason": pause.reason}


async def add_holiday(session: AsyncSession, wanted: HolidayCreate, *, caller: Caller, now: datetime) -> Holiday:
    """A new holiday; raises `HolidayKept`."""
    await existing_workspace(session, caller.workspace)
    holiday = Holiday(workspace_id=caller.workspace, id=new_id(), day=wanted.day, name=wanted.name, created_at=now)
    async with unique(session, HolidayKept()):
        session.add(holiday)
    await _tell(session, holiday, "create", caller, now)
    return holiday


async def remove_holiday(session: AsyncSession, holiday_id: UUID, *, caller: Caller, now: datetime) -> None:
    """The day is worked again; raises `NotFound`."""
    holiday = await session.scalar(
        select(Holiday).where(Holiday.workspace_id == caller.workspace, Holiday.id == holiday_id).with_for_update()
    )
    if holiday is None:
        raise NotFound("There is no such holiday.")
    await session.delete(holiday)
    await session.flush()
    await _tell(session, holiday, "delete", caller, now)


async def _tell(session: AsyncSession, holiday: Holiday, action: str, caller: Caller, now: datetime) -> None:
    kept = {"day": holiday.day, "name": holiday.name}
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=f"holiday.{action}",
        subject_type="holiday", subject_id=holiday.id, now=now,
        before=kept if action == "delete" else None, after=kept if action == "create" else None,
    )  # fmt: skip
