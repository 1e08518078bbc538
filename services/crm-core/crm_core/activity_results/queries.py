"""Reading results of activities; every query names its workspace."""

from collections.abc import Iterable
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.rules import Kind
from crm_core.activity_results.rules import Offered
from crm_core.activity_results.tables import ActivityResult


def results_of(workspace_id: UUID, *, kind: Kind | None = None, active: bool | None = None) -> Select[ActivityResult]:
    """The workspace's results, or those of one kind, or only the (in)active ones."""
    statement = select(ActivityResult).where(ActivityResult.workspace_id == workspace_id)
    if kind is not None:
        statement = statement.where(ActivityResult.kind == kind)
    return statement if active is None else statement.where(ActivityResult.active == active)


async def result_by_id(
    session: AsyncSession, workspace_id: UUID, result_id: UUID, *, lock: bool = False
) -> ActivityResult:
    """The result; raises `NotFound`."""
    statement = results_of(workspace_id).where(ActivityResult.id == result_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such result.")
    return found


async def last_position(session: AsyncSession, workspace_id: UUID) -> int:
    """The position of the last result, 0 while there is none."""
    highest = select(func.max(ActivityResult.position)).where(ActivityResult.workspace_id == workspace_id)
    return await session.scalar(highest) or 0


async def offered(session: AsyncSession, workspace_id: UUID, kinds: Iterable[str]) -> dict[str, list[Offered]]:
    """What is offered for these kinds of activities, by kind."""
    wanted = results_of(workspace_id, active=True).where(ActivityResult.kind.in_(sorted(set(kinds))))
    found: dict[str, list[Offered]] = {}
    for row in await session.scalars(wanted.order_by(ActivityResult.position, ActivityResult.id)):
        found.setdefault(row.kind, []).append(Offered(row.key, row.name))
    return found


async def names_by_key(session: AsyncSession, workspace_id: UUID) -> dict[tuple[str, str], dict[str, str]]:
    """The names of all results ever offered, by kind and key."""
    rows = await session.scalars(results_of(workspace_id))
    return {(row.kind, row.key): row.name for row in rows}
