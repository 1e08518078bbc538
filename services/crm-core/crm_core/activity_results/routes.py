"""`/v1/activity-results`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.activities.rules import Kind
from crm_core.activity_results import actions, queries
from crm_core.activity_results.actions import ResultKeyTaken
from crm_core.activity_results.schemas import ActivityResultCreate, ActivityResultOut, ActivityResultPatch
from crm_core.activity_results.tables import ActivityResult

router = APIRouter(prefix="/v1/activity-results", route_class=EdgeRoute, tags=["activities"])

Anyone = Annotated[Caller, Allow()]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"position": ActivityResult.position}


@router.get("")
async def activity_results_list(
    session: ReadSession,
    caller: Anyone,
    paging: Paging,
    request: Request,
    response: Response,
    kind: Kind | None = None,
    active: bool | None = None,
) -> Page[ActivityResultOut]:
    """List what may come of activities, in order."""
    found, next_cursor, total = await fetch_page(
        session, queries.results_of(caller.workspace, kind=kind, active=active), paging,
        sorts=SORTS, default="position", key=ActivityResult.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[ActivityResultOut.model_validate(one) for one in found], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(ResultKeyTaken))
async def activity_results_create(
    wanted: ActivityResultCreate, session: Session, caller: Admin, now: Now, response: Response
) -> ActivityResultOut:
    """Add a result of one kind of activity."""
    result = await actions.create_result(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/activity-results/{result.id}"
    return _answer(result, response)


@router.get("/{result_id}", responses=problems(NotFound))
async def activity_results_get(
    result_id: UUID, session: ReadSession, caller: Anyone, response: Response
) -> ActivityResultOut:
    """Get a result of activities."""
    return _answer(await queries.result_by_id(session, caller.workspace, result_id), response)


@router.patch("/{result_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def activity_results_update(
    result_id: UUID,
    wanted: ActivityResultPatch,
    session: Session,
    caller: Admin,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> ActivityResultOut:
    """Change a result of activities by merge patch."""
    return _answer(await actions.change_result(session, result_id, wanted, if_match, caller=caller, now=now), response)


@router.delete("/{result_id}", status_code=204, responses=problems(NotFound))
async def activity_results_delete(result_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Stop offering a result; activities keep it."""
    off = ActivityResultPatch(active=False)
    await actions.change_result(session, result_id, off, ANY_VERSION, caller=caller, now=now)


def _answer(result: ActivityResult, response: Response) -> ActivityResultOut:
    with_etag(response, result.version)
    return ActivityResultOut.model_validate(result)
