"""`/v1/assignment/simulations`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.simulation import actions, queries
from crm_core.simulation.schemas import Narrowing, SimulatedLeadOut, SimulationCreate, SimulationOut
from crm_core.simulation.tables import SimulatedLead, Simulation

router = APIRouter(prefix="/v1/assignment/simulations", route_class=EdgeRoute, tags=["assignment"])

Admin = Annotated[Caller, Allow("admin")]
SORTS = {"created_at": Simulation.created_at}


@router.get("")
async def simulations_list(
    session: ReadSession, caller: Admin, paging: Paging, request: Request, response: Response
) -> Page[SimulationOut]:
    """List simulations of assignment; they are kept for 30 days."""
    rows, next_cursor, total = await fetch_page(
        session, queries.simulations_of(caller.workspace), paging,
        sorts=SORTS, default="-created_at", key=Simulation.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=202)
async def simulations_create(
    wanted: SimulationCreate, session: Session, caller: Admin, now: Now, response: Response
) -> SimulationOut:
    """Give past leads out once more on paper, by drafts or by the rules that hold; it is done in the background and
    changes nothing."""
    asked = await actions.ask(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/assignment/simulations/{asked.id}"
    return _shown(asked)


@router.get("/{simulation_id}", responses=problems(NotFound))
async def simulations_get(simulation_id: UUID, session: ReadSession, caller: Admin) -> SimulationOut:
    """Get a simulation with its progress, and what came of it."""
    return _shown(await queries.simulation_by_id(session, caller.workspace, simulation_id))


@router.get("/{simulation_id}/leads", responses=problems(NotFound))
async def simulations_leads(
    simulation_id: UUID,
    session: ReadSession,
    caller: Admin,
    paging: Paging,
    request: Request,
    response: Response,
    only: Narrowing | None = None,
) -> Page[SimulatedLeadOut]:
    """List who would get each lead of a simulation: all, those that go elsewhere than they did, or those that nobody
    would take."""
    of = await queries.simulation_by_id(session, caller.workspace, simulation_id)
    rows, next_cursor, total = await fetch_page(
        session, queries.leads_of(of, only), paging,
        sorts={"place": SimulatedLead.place}, default="place", key=SimulatedLead.lead_id, request=request,
        response=response,
    )  # fmt: skip
    return Page(items=[SimulatedLeadOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.delete("/{simulation_id}", status_code=204, responses=problems(NotFound))
async def simulations_delete(simulation_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Remove a simulation; one that runs ends."""
    await actions.remove(session, simulation_id, caller=caller, now=now)


def _shown(of: Simulation) -> SimulationOut:
    own = {name: getattr(of, name) for name in SimulationOut.model_fields if name != "filter"}
    return SimulationOut(**own, filter=of.condition)
