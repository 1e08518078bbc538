"""Making and changing teams; a workspace with teams has exactly one default team."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.outbox import publish
from leadkit.problems import Conflict, NotFound
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.teams.queries import default_team, team_changed
from crm_core.access.teams.tables import Team
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.uniqueness import unique


class TeamNameTaken(Conflict):
    """Another team of the workspace has this name."""

    code = "team-name-taken"
    title = "Another team has this name"


class DefaultTeamStays(Conflict):
    """The default team was to be switched off, or to stop being the default without a successor."""

    code = "default-team-stays"
    title = "Make another active team the default first"


async def create_team(
    session: AsyncSession, workspace_id: UUID, *, name: str, is_default: bool, by: str, now: datetime
) -> Team:
    """The new team. Raises `TeamNameTaken`."""
    await existing_workspace(session, workspace_id)
    present = await default_team(session, workspace_id)
    team = Team(
        workspace_id=workspace_id, id=new_id(), version=1, name=name, is_default=is_default or present is None,
        active=True, created_at=now, updated_at=now,
    )  # fmt: skip
    async with unique(session, TeamNameTaken()):
        if team.is_default:
            await _no_default(session, workspace_id)
        session.add(team)
    await publish(session, [team_changed(team)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="team.create",
        subject_type="team", subject_id=team.id, after=_shown(team), now=now,
    )  # fmt: skip
    return team


async def update_team(
    session: AsyncSession,
    workspace_id: UUID,
    team_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: int | None,
    by: str,
    now: datetime,
) -> Team:
    """The changed team. Raises `NotFound`, `Stale`, `TeamNameTaken`, `DefaultTeamStays`."""
    team = await session.scalar(
        select(Team).where(Team.workspace_id == workspace_id, Team.id == team_id).with_for_update()
    )
    if team is None:
        raise NotFound("There is no such team.")
    check_version(if_match, team.version)
    before = _shown(team)
    after = {**before, **changes}
    if after == before:
        return team
    abandoned = before["is_default"] and not after["is_default"]
    if abandoned or (after["is_default"] and not after["active"]):
        raise DefaultTeamStays
    async with unique(session, TeamNameTaken()):
        if after["is_default"] and not before["is_default"]:
            await _no_default(session, workspace_id)
        for field, value in after.items():
            setattr(team, field, value)
        team.version += 1
        team.updated_at = now
    await publish(session, [team_changed(team)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="team.update",
        subject_type="team", subject_id=team.id, before=before, after=after, now=now,
    )  # fmt: skip
    return team


async def _no_default(session: AsyncSession, workspace_id: UUID) -> None:
    """The former default steps back first: the unique index allows one at any moment."""
    await session.execute(
        update(Team)
        .where(Team.workspace_id == workspace_id, Team.is_default)
        .values(is_default=False, version=Team.version + 1)
    )


def _shown(team: Team) -> dict[str, Any]:
    return {"name": team.name, "is_default": team.is_default, "active": team.active}
