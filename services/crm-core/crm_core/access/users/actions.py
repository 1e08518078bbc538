"""Making and changing users."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.outbox import publish
from leadkit.problems import Conflict, Invalid, NotFound
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.teams.queries import team_by_id
from crm_core.access.tokens.actions import revoke_tokens_of
from crm_core.access.users.queries import user_changed
from crm_core.access.users.rules import tokens_end
from crm_core.access.users.tables import User
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.uniqueness import unique

_FIELDS = (
    "name", "email", "role", "team_id", "active", "level", "skills", "languages", "regions",
    "time_zone", "working_hours", "rota", "days_off", "paused_since", "paused_until", "pause_reason", "daily_cap",
    "open_cap",
)  # fmt: skip


class EmailTaken(Conflict):
    """Another user of the workspace has this address."""

    code = "email-taken"
    title = "Another user has this e-mail address"


async def create_user(
    session: AsyncSession, workspace_id: UUID, values: Mapping[str, Any], *, by: str, now: datetime
) -> User:
    """The new user. Raises `EmailTaken`, and `Invalid` for a team that is not there."""
    workspace = await existing_workspace(session, workspace_id)
    await _check_team(session, workspace_id, values["team_id"])
    given = {"days_off": [], **values, "time_zone": values["time_zone"] or workspace.time_zone}
    user = User(workspace_id=workspace_id, id=new_id(), version=1, created_at=now, updated_at=now, **given)
    async with unique(session, EmailTaken()):
        session.add(user)
    await publish(session, [user_changed(user)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="user.create",
        subject_type="user", subject_id=user.id, after=given, now=now,
    )  # fmt: skip
    return user


async def update_user(
    session: AsyncSession,
    workspace_id: UUID,
    user_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: int | None,
    by: str,
    now: datetime,
) -> User:
    """The changed user; their tokens end when role or team changed or they were deactivated. Hours end a rota.

    Raises `NotFound`, `Stale`, `EmailTaken`, and `Invalid` for a team that is not there."""
    user = await session.scalar(
        select(User).where(User.workspace_id == workspace_id, User.id == user_id).with_for_update()
    )
    if user is None:
        raise NotFound("There is no such user.")
    check_version(if_match, user.version)
    before = {field: getattr(user, field) for field in _FIELDS}
    if changes.get("working_hours") is not None:
        changes = {**changes, "rota": None}
    after = {**before, **changes}
    if after == before:
        return user
    if after["team_id"] != before["team_id"]:
        await _check_team(session, workspace_id, after["team_id"])
    async with unique(session, EmailTaken()):
        for field, value in changes.items():
            setattr(user, field, value)
        user.version += 1
        user.updated_at = now
    await publish(session, [user_changed(user)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="user.update",
        subject_type="user", subject_id=user.id, before=before, after=after, now=now,
    )  # fmt: skip
    if tokens_end(before, after):
        await revoke_tokens_of(session, workspace_id, [user.id], by=by, now=now)
    return user


async def _check_team(session: AsyncSession, workspace_id: UUID, team_id: UUID | None) -> None:
    if team_id is None:
        return
    team = await team_by_id(session, workspace_id, team_id)
    if team is None or not team.active:
        raise Invalid.at("/team_id", "there is no such active team")
