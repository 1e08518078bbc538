"""Reading redistributions; every query names its workspace."""

from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.redistribution.tables import RedistributedLead, Redistribution


def redistributions_of(caller: Caller) -> Select[Any]:
    """The handings over that the caller may see: a head those of their team."""
    found = select(Redistribution).where(Redistribution.workspace_id == caller.workspace)
    return found.where(Redistribution.team_id == caller.team_id) if caller.role == "head" else found


async def redistribution_by_id(
    session: AsyncSession, caller: Caller, redistribution_id: UUID, *, lock: bool = False
) -> Redistribution:
    """One of them; raises `NotFound`."""
    statement = redistributions_of(caller).where(Redistribution.id == redistribution_id)
    found: Redistribution | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such redistribution.")
    return found


def leads_of(workspace_id: UUID, redistribution_id: UUID) -> Select[Any]:
    """What became of each lead that it dealt with."""
    return select(RedistributedLead).where(
        RedistributedLead.workspace_id == workspace_id, RedistributedLead.redistribution_id == redistribution_id
    )
