"""Who something belongs to: an owner, and the team that sees it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self
from uuid import UUID

from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import default_team, user_by_id, users_by_id


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


class Owners:
    """Who owns new things: the named user, else the caller, else (an integration has no user) nobody in a team."""

    def __init__(self, users: Mapping[UUID, Owner], otherwise: Owner) -> None:
        self._users = users
        self._otherwise = otherwise

    @classmethod
    async def among(cls, session: AsyncSession, owner_ids: Iterable[UUID | None], caller: Caller) -> Self:
        """Reads all named users at once."""
        named = {owner_id for owner_id in owner_ids if owner_id is not None}
        users = await users_by_id(session, caller.workspace, list(named)) if named else {}
        otherwise = Owner(caller.user_id, caller.team_id)
        if caller.user_id is None and caller.team_id is None:
            otherwise = Owner(None, await default_team(session, caller.workspace))
        return cls({user.id: Owner(user.id, user.team_id) for user in users.values() if user.active}, otherwise)

    def of(self, owner_id: UUID | None, *, otherwise: Owner | None = None) -> Owner:
        """The owner of something for which `owner_id` was named; raises `Invalid` unless that is an active user."""
        if owner_id is None:
            return self._otherwise if otherwise is None or self._otherwise.owner_id else otherwise
        if owner_id not in self._users:
            raise Invalid.at("/owner_id", "is not an active user of this workspace")
        return self._users[owner_id]


async def kept_owner(session: AsyncSession, workspace_id: UUID, owner_id: UUID | None) -> Owner:
    """An owner taken over from something else, active or not; nobody means nobody in the default team."""
    user = await user_by_id(session, workspace_id, owner_id) if owner_id else None
    if user is None:
        return Owner(None, await default_team(session, workspace_id))
    return Owner(user.id, user.team_id)
