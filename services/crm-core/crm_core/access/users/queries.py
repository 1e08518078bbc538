"""Reading users; every query names its workspace."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.teams.tables import Team
from crm_core.access.users.tables import User


async def user_by_id(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> User | None:
    """The user, active or not, or None."""
    return await session.scalar(select(User).where(User.workspace_id == workspace_id, User.id == user_id))


async def users_by_id(session: AsyncSession, workspace_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, User]:
    """The users of these ids that there are."""
    found = await session.scalars(select(User).where(User.workspace_id == workspace_id, User.id.in_(user_ids)))
    return {user.id: user for user in found}


async def active_members(session: AsyncSession, workspace_id: UUID, team_id: UUID) -> list[User]:
    """The active managers of a team, who may get leads, in a stable order (by id)."""
    found = await session.scalars(
        select(User)
        .where(User.workspace_id == workspace_id, User.team_id == team_id, User.active, User.role == "manager")
        .order_by(User.id)
    )
    return list(found)


async def default_team(session: AsyncSession, workspace_id: UUID) -> UUID | None:
    """The id of the team that gets leads which no rule sends elsewhere; None while the workspace has no team."""
    return await session.scalar(select(Team.id).where(Team.workspace_id == workspace_id, Team.is_default))
