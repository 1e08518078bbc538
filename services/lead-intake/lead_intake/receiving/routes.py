"""`/v1/refused`: requests whose signature or origin was wrong. The door itself is in `door`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.common import Moment
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from lead_intake.receiving import refusing
from lead_intake.receiving.schemas import RefusedOut, Taken
from lead_intake.receiving.tables import Refused

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["refused"])


@router.get("/refused")
async def refused_list(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Annotated[Caller, Allow("sources:read")],
    paging: Paging,
    source_id: Annotated[UUID | None, Query()] = None,
    received_from: Annotated[Moment | None, Query()] = None,
    received_to: Annotated[Moment | None, Query()] = None,
) -> Page[RefusedOut]:
    """List requests that could not be proved authentic: the last 1,000 a source, for seven days."""
    rows, next_cursor, total = await fetch_page(
        session,
        refusing.refused_of(
            caller.workspace, source_id=source_id, received_from=received_from, received_to=received_to
        ),
        paging,
        sorts={"received_at": Refused.received_at},
        default="-received_at",
        key=Refused.id,
        request=request,
        response=response,
    )
    items = [RefusedOut.model_validate(row, from_attributes=True) for row in rows]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("/refused/{refused_id}/replay", status_code=202, responses=problems(NotFound, refusing.StillNotAuthentic))
async def refused_replay(
    refused_id: UUID,
    request: Request,
    session: Session,
    caller: Annotated[Caller, Allow("sources:write", "submissions:write")],
    now: Now,
) -> Taken:
    """Verify a refused request with the source's present secret and, if it holds now, take it in."""
    state = request.app.state
    taken = await refusing.replay_refused(
        session,
        refused_id,
        state.refused_sealer,
        state.sealer,
        state.certificates,
        workspace_id=caller.workspace,
        now=now,
    )
    return Taken(submission_ids=taken)
