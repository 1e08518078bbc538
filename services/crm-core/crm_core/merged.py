"""What was merged into another: its old id leads to the survivor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Conflict, Problem
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.visibility import visible
from crm_core.base import Base


class MergedAway(Problem):
    """It was merged into another, which `Location` and `merged_into` name."""

    status = 308
    code = "merged"
    title = "Merged into another"


class AlreadyMerged(Conflict):
    """It was merged into another and is not changed any more; `merged_into` names the survivor."""

    code = "already-merged"
    title = "Merged into another"


@dataclass(frozen=True, slots=True)
class Deed:
    """A merge being done or taken back: by whom, when, and why."""

    merge_id: UUID
    caller: Caller
    now: datetime
    note: str | None = None


async def survivor_of(session: AsyncSession, table: type[Base], workspace_id: UUID, row_id: UUID) -> UUID | None:
    """What the row was merged into, directly or by way of others; None when it was not."""
    merging: Any = table
    found, at = None, row_id
    while (
        following := await session.scalar(
            select(merging.merged_into).where(merging.workspace_id == workspace_id, merging.id == at)
        )
    ) is not None:
        found = at = following
    return found


async def check_not_merged(
    session: AsyncSession, table: type[Base], caller: Caller, row_id: UUID, *, path: str, owned: bool = True
) -> None:
    """Raises `MergedAway` to the survivor below `path` if the row was merged into another, and is (where things are
    `owned`) one that the caller might see."""
    survivor = await survivor_of(session, table, caller.workspace, row_id)
    if survivor is not None and (not owned or await _might_see(session, table, caller, row_id)):
        raise MergedAway(headers={"Location": f"{path}/{survivor}"}, merged_into=str(survivor))


async def _might_see(session: AsyncSession, table: type[Base], caller: Caller, row_id: UUID) -> bool:
    merging: Any = table
    seen = visible(caller, owner=merging.owner_id, team=merging.team_id)
    wanted = select(merging.id).where(merging.workspace_id == caller.workspace, merging.id == row_id, seen)
    return await session.scalar(wanted) is not None
