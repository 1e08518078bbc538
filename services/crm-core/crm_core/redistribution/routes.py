"""`POST /v1/assignment/redistribute` and `/v1/assignment/redistributions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.redistribution import actions, queries
from crm_core.redistribution.actions import NotToUndo
from crm_core.redistribution.schemas import RedistributedLeadOut, RedistributionCreate, RedistributionOut
from crm_core.redistribution.tables import RedistributedLead, Redistribution

router = APIRouter(prefix="/v1/assignment", route_class=EdgeRoute, tags=["assignment"])

Answerable = Annotated[Caller, Allow("leads:write", roles=("platform", "admin", "head"))]
SORTS = {"created_at": Redistribution.created_at}


@router.post("/redistribute", status_code=202)
async def assignment_redistribute(
    wanted: RedistributionCreate, session: Session, caller: Answerable, now: Now, response: Response
) -> RedistributionOut:
    """Hand over the open leads of somebody, or of a filter, by the rules; it is done in the background."""
    asked = await actions.ask(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/assignment/redistributions/{asked.id}"
    return _shown(asked)


@router.get("/redistributions")
async def redistributions_list(
    session: ReadSession, caller: Answerable, paging: Paging, request: Request, response: Response
) -> Page[RedistributionOut]:
    """List redistributions."""
    rows, next_cursor, total = await fetch_page(
        session, queries.redistributions_of(caller), paging,
        sorts=SORTS, default="-created_at", key=Redistribution.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/redistributions/{redistribution_id}", responses=problems(NotFound))
async def redistributions_get(redistribution_id: UUID, session: ReadSession, caller: Answerable) -> RedistributionOut:
    """Get a redistribution with its progress."""
    return _shown(await queries.redistribution_by_id(session, caller, redistribution_id))


@router.get("/redistributions/{redistribution_id}/leads", responses=problems(NotFound))
async def redistributions_leads(
    redistribution_id: UUID,
    session: ReadSession,
    caller: Answerable,
    paging: Paging,
    request: Request,
    response: Response,
) -> Page[RedistributedLeadOut]:
    """List what became of each lead of a redistribution."""
    await queries.redistribution_by_id(session, caller, redistribution_id)
    rows, next_cursor, total = await fetch_page(
        session, queries.leads_of(caller.workspace, redistribution_id), paging,
        sorts={"lead_id": RedistributedLead.lead_id}, default="lead_id", key=RedistributedLead.lead_id,
        request=request, response=response,
    )  # fmt: skip
    return Page(items=[RedistributedLeadOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("/redistributions/{redistribution_id}/undo", status_code=202, responses=problems(NotFound, NotToUndo))
async def redistributions_undo(
    redistribution_id: UUID, session: Session, caller: Answerable, now: Now
) -> RedistributionOut:
    """Give leads back to whom they were taken from, those that have not gone on since; done in the background."""
    return _shown(await actions.undo(session, redistribution_id, caller=caller, now=now))


def _shown(of: Redistribution) -> RedistributionOut:
    own = {name: getattr(of, name) for name in RedistributionOut.model_fields if name != "filter"}
    return RedistributionOut(**own, filter=of.condition)
