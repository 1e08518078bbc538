"""Asking for simulations and removing them; a worker runs them."""

from datetime import datetime, timedelta
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.assignment.rule_sets import written_set
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.listings import LISTINGS
from crm_core.simulation.queries import simulation_by_id
from crm_core.simulation.schemas import SimulationCreate
from crm_core.simulation.tables import SimulatedLead, Simulation
from crm_core.storable import check_storable

PERIOD = timedelta(days=30)
KEPT = timedelta(days=30)


async def ask(session: AsyncSession, wanted: SimulationCreate, *, caller: Caller, now: datetime) -> Simulation:
    """The simulation, waiting for a worker; raises `Invalid` for rules and filters that are not valid."""
    check_storable(wanted)
    until = wanted.occurred_to or now
    since = wanted.occurred_from or until - PERIOD
    if since >= until:
        raise Invalid.at("/occurred_from", "must be before occurred_to")
    listing = await with_custom_fields(session, caller.workspace, LISTINGS["lead"])
    read(wanted.filter, listing.fields, at="/filter")
    asked = Simulation(
        workspace_id=caller.workspace, id=new_id(), drafted=wanted.rules is not None,
        rules=await written_set(session, caller.workspace, wanted.rules), condition=wanted.filter,
        occurred_from=since, occurred_to=until, created_by=caller.subject, status="waiting", error=None,
        leads_total=0, leads_done=0, turns={}, tally={}, result=None, created_at=now, finished_at=None,
    )  # fmt: skip
    session.add(asked)
    await session.flush()
    await _record(session, "simulation.create", asked, caller, now)
    return asked


async def remove(session: AsyncSession, simulation_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Removes a simulation; one that runs ends at its next batch. Raises `NotFound`."""
    found = await simulation_by_id(session, caller.workspace, simulation_id, lock=True)
    await session.execute(
        delete(SimulatedLead).where(
            SimulatedLead.workspace_id == caller.workspace, SimulatedLead.simulation_id == simulation_id
        )
    )
    await session.delete(found)
    await session.flush()
    await _record(session, "simulation.delete", found, caller, now)


async def forget_simulations(session: AsyncSession, *, now: datetime) -> None:
    """Deletes those of all workspaces that ended longer than `KEPT` ago."""
    over = select(Simulation.workspace_id, Simulation.id).where(Simulation.finished_at < now - KEPT)
    named = tuple_(SimulatedLead.workspace_id, SimulatedLead.simulation_id)
    await session.execute(delete(SimulatedLead).where(named.in_(over)))
    await session.execute(delete(Simulation).where(Simulation.finished_at < now - KEPT))


async def _record(session: AsyncSession, action: str, of: Simulation, caller: Caller, now: datetime) -> None:
    told = {"drafted": of.drafted, "filter": of.condition, "rules": len(of.rules)}
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="simulation",
        subject_id=of.id, after=told, now=now,
    )  # fmt: skip
