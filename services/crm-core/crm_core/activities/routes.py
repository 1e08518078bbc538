"""`/v1/activities`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.paging import Page, Paging
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller

from crm_core.activities import actions, queries
from crm_core.activities.listing import ACTIVITIES, activities_asked
from crm_core.activities.schemas import ActivityAssign, ActivityComplete, ActivityCreate, ActivityOut, ActivityPatch
from crm_core.conditions.parameters import documented
from crm_core.finding.listing import Asked
from crm_core.finding.pages import asked_of, find_page

router = APIRouter(prefix="/v1/activities", route_class=EdgeRoute, tags=["activities"])

Reader = Annotated[Caller, Allow("activities:read")]
Writer = Annotated[Caller, Allow("activities:write")]


@router.get("", openapi_extra=documented(ACTIVITIES.fields))
async def activities_list(
    session: ReadSession,
    caller: Reader,
    asked: Annotated[Asked, Depends(asked_of(ACTIVITIES.fields, searched=False))],
    paging: Paging,
    now: Now,
    request: Request,
    response: Response,
) -> Page[ActivityOut]:
    """List activities; those of one lead, contact or deal that you see are all listed, else your own."""
    listing = activities_asked(asked.condition)
    found = await find_page(session, listing, caller, asked, paging, now=now, request=request, response=response)
    items = [ActivityOut.model_validate(row) for row in found.rows]
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.post("", status_code=201)
async def activities_create(
    wanted: ActivityCreate, session: Session, caller: Writer, now: Now, response: Response
) -> ActivityOut:
    """Note an activity on a lead, contact or deal."""
    activity = await actions.add_activity(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/activities/{activity.id}"
    with_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


@router.post("/bulk")
async def activities_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Note up to 1,000 activities, answered one by one."""

    async def act(items: list[ActivityCreate]) -> list[UUID | Problem]:
        made = await actions.add_activities(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, ActivityCreate, act)


@router.get("/{activity_id}", responses=problems(NotFound))
async def activities_get(activity_id: UUID, session: ReadSession, caller: Reader, response: Response) -> ActivityOut:
    """Show an activity."""
    activity = await queries.activity_by_id(session, caller, activity_id)
    with_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


@router.patch("/{activity_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def activities_update(
    activity_id: UUID,
    wanted: ActivityPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> ActivityOut:
    """Change an activity by JSON Merge Patch."""
    activity = await queries.activity_by_id(session, caller, activity_id, lock=True)
    check_version(if_match, activity.version)
    await actions.change_activity(session, activity, wanted, caller=caller, now=now)
    with_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


@router.post("/{activity_id}/complete", responses=problems(NotFound, actions.AlreadyCompleted))
async def activities_complete(
    activity_id: UUID, wanted: ActivityComplete, session: Session, caller: Writer, now: Now, response: Response
) -> ActivityOut:
    """Complete an open activity."""
    activity = await queries.activity_by_id(session, caller, activity_id, lock=True)
    await actions.complete_activity(session, activity, wanted, caller=caller, now=now)
    with_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


@router.post("/{activity_id}/assign", responses=problems(NotFound))
async def activities_assign(
    activity_id: UUID, wanted: ActivityAssign, session: Session, caller: Writer, now: Now, response: Response
) -> ActivityOut:
    """Give an activity to another member of staff."""
    activity = await queries.activity_by_id(session, caller, activity_id, lock=True)
    if activity.owner_id != wanted.owner_id:
        patch = ActivityPatch(owner_id=wanted.owner_id)
        await actions.change_activity(session, activity, patch, caller=caller, now=now)
    with_etag(response, activity.version)
    return ActivityOut.model_validate(activity)


@router.delete("/{activity_id}", status_code=204, responses=problems(NotFound, actions.ActivityKept))
async def activities_delete(activity_id: UUID, session: Session, caller: Writer, now: Now) -> None:
    """Take back an activity that was noted by mistake; what came by itself stays."""
    activity = await queries.activity_by_id(session, caller, activity_id, lock=True)
    await actions.delete_activity(session, activity, caller=caller, now=now)
