"""`/v1/users/{id}/availability` and `/v1/holidays`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Forbidden, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.working_time import actions, queries
from crm_core.working_time.actions import HolidayKept
from crm_core.working_time.schemas import (
    AvailabilityOut,
    AvailabilityPatch,
    AvailabilityPut,
    HolidayCreate,
    HolidayOut,
)
from crm_core.working_time.tables import Holiday

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["users"])

Reader = Annotated[Caller, Allow("leads:read")]
Writer = Annotated[Caller, Allow("leads:write")]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"day": Holiday.day}


@router.get("/users/{user_id}/availability", responses=problems(NotFound))
async def users_availability(
    user_id: UUID, caller: Reader, session: ReadSession, now: Now, response: Response
) -> AvailabilityOut:
    """Tell when a user is at work, and whether they are now."""
    found = await queries.availability_of(session, caller.workspace, user_id, now=now)
    with_etag(response, found.version)
    return found


@router.put("/users/{user_id}/availability", responses=problems(NotFound, Forbidden, Stale))
async def users_set_availability(
    user_id: UUID,
    wanted: AvailabilityPut,
    caller: Writer,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> AvailabilityOut:
    """Say anew when a user is at work."""
    version = ANY_VERSION if if_match is None else if_match
    await actions.put_availability(session, user_id, wanted, version, caller=caller, now=now)
    found = await queries.availability_of(session, caller.workspace, user_id, now=now)
    with_etag(response, found.version)
    return found


@router.patch("/users/{user_id}/availability", responses=problems(NotFound, Forbidden, Stale, PreconditionRequired))
async def users_change_availability(
    user_id: UUID,
    wanted: AvailabilityPatch,
    caller: Writer,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> AvailabilityOut:
    """Change when a user is at work by merge patch; everybody may pause themselves and come back."""
    await actions.patch_availability(session, user_id, wanted, if_match, caller=caller, now=now)
    found = await queries.availability_of(session, caller.workspace, user_id, now=now)
    with_etag(response, found.version)
    return found


@router.get("/holidays")
async def holidays_list(
    caller: Reader,
    session: ReadSession,
    paging: Paging,
    request: Request,
    response: Response,
    year: Annotated[int | None, Query(ge=1, le=9999, examples=[2027])] = None,
) -> Page[HolidayOut]:
    """List the workspace's holidays."""
    rows, next_cursor, total = await fetch_page(
        session, queries.holidays_of(caller.workspace, year=year), paging,
        sorts=SORTS, default="day", key=Holiday.id, request=request, response=response,
    )  # fmt: skip
    items = [HolidayOut.model_validate(row, from_attributes=True) for row in rows]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("/holidays", status_code=201, responses=problems(HolidayKept))
async def holidays_create(wanted: HolidayCreate, caller: Admin, session: Session, now: Now) -> HolidayOut:
    """Add a holiday."""
    made = await actions.add_holiday(session, wanted, caller=caller, now=now)
    return HolidayOut.model_validate(made, from_attributes=True)


@router.delete("/holidays/{holiday_id}", status_code=204, responses=problems(NotFound))
async def holidays_delete(holiday_id: UUID, caller: Admin, session: Session, now: Now) -> None:
    """Remove a holiday."""
    await actions.remove_holiday(session, holiday_id, caller=caller, now=now)
