"""`/v1/activities`."""

from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all
from leadkit.contracts.common import Moment
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller
from sqlalchemy import func

from crm_core.activities import actions, queries
from crm_core.activities.rules import Kind
from crm_core.activities.schemas import ActivityComplete, ActivityCreate, ActivityOut, ActivityPatch
from crm_core.activities.tables import Activity

router = APIRouter(prefix="/v1/activities", route_class=EdgeRoute, tags=["activities"])

Reader = Annotated[Caller, Allow("activities:read")]
Writer = Annotated[Caller, Allow("activities:write")]

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
SORTS: dict[str, Any] = {
    "at": Activity.at,
    "created_at": Activity.created_at,
    "updated_at": Activity.updated_at,
    "due_at": func.coalesce(Activity.due_at, NEVER),
}


def _filter(
    kind: Annotated[str | None, Query(max_length=100, description="Several by comma")] = None,
    lead_id: UUID | None = None,
    contact_id: UUID | None = None,
    deal_id: UUID | None = None,
    owner_id: UUID | None = None,
    inquiry_id: UUID | None = None,
    open: Annotated[bool | None, Query(description="Not completed yet")] = None,
    due_from: Moment | None = None,
    due_to: Moment | None = None,
) -> queries.ActivityFilter:
    kinds = listed("kind", kind, get_args(Kind))
    return queries.ActivityFilter(kinds, lead_id, contact_id, deal_id, owner_id, inquiry_id, open, due_from, due_to)


Filter = Annotated[queries.ActivityFilter, Depends(_filter)]


@router.get("")
async def activities_list(
    session: ReadSession, caller: Reader, by: Filter, paging: Paging, request: Request, response: Response
) -> Page[ActivityOut]:
    """List activities; those of one lead, contact or deal that you see are all listed, else your own."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.activities(caller, by),
        paging,
        sorts=SORTS,
        default="-at",
        key=Activity.id,
        request=request,
        response=response,
    )
    return Page(items=[ActivityOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


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
