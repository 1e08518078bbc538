"""Reading simulations; every query names its workspace."""

from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.simulation.schemas import Narrowing
from crm_core.simulation.tables import SimulatedLead, Simulation


def simulations_of(workspace_id: UUID) -> Select[Any]:
    """The workspace's simulations."""
    return select(Simulation).where(Simulation.workspace_id == workspace_id)


async def simulation_by_id(
    session: AsyncSession, workspace_id: UUID, simulation_id: UUID, *, lock: bool = False
) -> Simulation:
    """One of them; raises `NotFound`."""
    statement = simulations_of(workspace_id).where(Simulation.id == simulation_id)
    found: Simulation | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such simulation.")
    return found


def leads_of(of: Simulation, only: Narrowing | None) -> Select[Any]:
    """The leads that are given out so far: all, those that go elsewhere than they did, or those nobody would take."""
    found = select(SimulatedLead).where(
        SimulatedLead.workspace_id == of.workspace_id,
        SimulatedLead.simulation_id == of.id,
        SimulatedLead.place <= of.leads_done,
    )
    if only == "nobody":
        return found.where(SimulatedLead.owner_id.is_(None))
    if only == "different":
        return found.where(SimulatedLead.owner_id.is_distinct_from(SimulatedLead.was_owner_id))
    return found
