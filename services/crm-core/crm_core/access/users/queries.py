"""Reading users; every query names its workspace."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from leadkit.contracts.events import StaffState
from leadkit.issuer import Staff
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.teams.queries import default_team
from crm_core.access.users.tables import User

__all__ = [
    "assignable",
    "default_team",
    "existing_user",
    "heads_of",
    "snapshot",
    "staff_by_email",
    "user_by_id",
    "user_changed",
    "users_by_id",
    "users_of",
]


async def user_by_id(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> User | None:
    """The user, active or not, or None."""
    return await session.scalar(select(User).where(User.workspace_id == workspace_id, User.id == user_id))


async def existing_user(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> User:
    """The user; raises `NotFound`."""
    user = await user_by_id(session, workspace_id, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


async def users_by_id(session: AsyncSession, workspace_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, User]:
    """The users of these ids that there are."""
    if not user_ids:
        return {}
    found = await session.scalars(select(User).where(User.workspace_id == workspace_id, User.id.in_(user_ids)))
    return {user.id: user for user in found}


async def assignable(session: AsyncSession, workspace_id: UUID, also: Collection[UUID]) -> Sequence[Row[Any]]:
    """All active managers and heads, and `also` these users whoever they are: what assignment asks of them, by id."""
    found = await session.execute(
        select(
            User.id, User.team_id, User.role, User.active, User.level, User.skills, User.languages, User.regions,
            User.time_zone, User.working_hours, User.rota, User.days_off, User.paused_since, User.paused_until,
            User.daily_cap, User.open_cap,
        )
        .where(
            User.workspace_id == workspace_id,
            or_(User.active & User.role.in_(("manager", "head")), User.id.in_(also)),
        )
        .order_by(User.id)
    )  # fmt: skip
    return found.all()


async def heads_of(session: AsyncSession, workspace_id: UUID) -> Sequence[User]:
    """All active heads, by id."""
    active = select(User).where(User.workspace_id == workspace_id, User.role == "head", User.active)
    return (await session.scalars(active.order_by(User.id))).all()


def users_of(
    workspace_id: UUID, *, role: str | None, team_id: UUID | None, active: bool | None, q: str | None
) -> Select[User]:
    """The workspace's users, narrowed by what is not None; `q` is a part of the name or the address."""
    statement = select(User).where(User.workspace_id == workspace_id)
    if role is not None:
        statement = statement.where(User.role == role)
    if team_id is not None:
        statement = statement.where(User.team_id == team_id)
    if active is not None:
        statement = statement.where(User.active == active)
    if q is not None:
        statement = statement.where(User.name.icontains(q, autoescape=True) | User.email.icontains(q, autoescape=True))
    return statement


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the states of all users."""
    statement = paged(
        select(User), key=(User.workspace_id, User.id), workspace_id=workspace_id, after=after, limit=limit
    )
    return [user_changed(user) for user in await session.scalars(statement)]


def user_changed(user: User) -> NewEvent:
    """The user's state as an event: the display name goes out, the address does not."""
    return NewEvent("user.changed", user.workspace_id, user.id, StaffState.model_validate(user, from_attributes=True))


async def staff_by_email(session: AsyncSession) -> dict[str, tuple[Staff, ...]]:
    """All users of all workspaces by e-mail: whom tokens of another issuer stand for (role worker)."""
    rows = await session.execute(select(User.email, User.workspace_id, User.id, User.team_id, User.role, User.active))
    found = defaultdict[str, list[Staff]](list)
    for row in rows:
        found[row.email].append(Staff(row.workspace_id, row.id, row.team_id, row.role, row.active))
    return {email: tuple(sorted(staff)) for email, staff in found.items()}
