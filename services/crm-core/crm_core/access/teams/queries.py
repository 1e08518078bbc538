"""Reading teams."""

from collections.abc import Sequence
from uuid import UUID

from leadkit.contracts.events import NamedState
from leadkit.outbox import NewEvent
from leadkit.snapshot import Place, paged
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.teams.tables import Team


async def team_by_id(session: AsyncSession, workspace_id: UUID, team_id: UUID) -> Team | None:
    """The team, active or not, or None."""
    return await session.scalar(select(Team).where(Team.workspace_id == workspace_id, Team.id == team_id))


async def teams_among(session: AsyncSession, workspace_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are teams."""
    if not ids:
        return set()
    return set(await session.scalars(select(Team.id).where(Team.workspace_id == workspace_id, Team.id.in_(ids))))


async def default_team(session: AsyncSession, workspace_id: UUID) -> UUID | None:
    """The id of the team that gets leads which no rule sends elsewhere; None while the workspace has no team."""
    return await session.scalar(select(Team.id).where(Team.workspace_id == workspace_id, Team.is_default))


def teams_of(workspace_id: UUID, *, active: bool | None) -> Select[Team]:
    """The workspace's teams, or only the (in)active ones."""
    statement = select(Team).where(Team.workspace_id == workspace_id)
    return statement if active is None else statement.where(Team.active == active)


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the states of all teams."""
    statement = paged(
        select(Team), key=(Team.workspace_id, Team.id), workspace_id=workspace_id, after=after, limit=limit
    )
    return [team_changed(team) for team in await session.scalars(statement)]


def team_changed(team: Team) -> NewEvent:
    """The team's state as an event."""
    return NewEvent("team.changed", team.workspace_id, team.id, NamedState.model_validate(team, from_attributes=True))
