"""Who something belongs to: an owner, and the team that sees it."""

from typing import NamedTuple
from uuid import UUID

from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import default_team, user_by_id


class Owner(NamedTuple):
    """An owner with the team they are in; without an owner the team whose unassigned thing it is."""

    owner_id: UUID | None
    team_id: UUID | None


async def named_owner(session: AsyncSession, workspace_id: UUID, owner_id: UUID) -> Owner:
    """The user a request names as owner; raises `Invalid` unless active in the workspace."""
    user = await user_by_id(session, workspace_id, owner_id)
    if user is None or not user.active:
        raise Invalid.at("/owner_id", "is not an active user of this workspace")
    return Owner(user.id, user.team_id)


async def owner_or_caller(session: AsyncSession, owner_id: UUID | None, caller: Caller) -> Owner:
    """The named owner, else the caller, else (an integration has no user) nobody in the default team."""
    if owner_id is not None:
        return await named_owner(session, caller.workspace, owner_id)
    if caller.user_id is not None:
        return Owner(caller.user_id, caller.team_id)
    return Owner(None, caller.team_id or await default_team(session, caller.workspace))


async def kept_owner(session: AsyncSession, workspace_id: UUID, owner_id: UUID | None) -> Owner:
    """An owner taken over from something else, active or not; nobody means nobody in the default team."""
    user = await user_by_id(session, workspace_id, owner_id) if owner_id else None
    if user is None:
        return Owner(None, await default_team(session, workspace_id))
    return Owner(user.id, user.team_id)
