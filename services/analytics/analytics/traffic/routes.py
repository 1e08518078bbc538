"""`/v1/traffic`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.traffic import actions, queries
from analytics.traffic.actions import ToldTwice
from analytics.traffic.schemas import TrafficOut, TrafficPost, TrafficPosted
from analytics.traffic.tables import Traffic

router = APIRouter(prefix="/v1/traffic", route_class=EdgeRoute, tags=["spend"])


@router.post("", responses=problems(ToldTwice))
async def traffic_create(
    post: TrafficPost, session: Session, caller: Annotated[Caller, Allow("spend:write")], now: Now
) -> TrafficPosted:
    """Tell visits by day and keys, as often as you like: the last told counts."""
    return await actions.post_traffic(session, caller.workspace, post.items, by=caller.subject, now=now)


@router.get("")
async def traffic_list(
    session: ReadSession,
    caller: Annotated[Caller, Allow("spend:read")],
    paging: Paging,
    request: Request,
    response: Response,
    start: Annotated[date | None, Query(alias="from", description="First day")] = None,
    end: Annotated[date | None, Query(alias="to", description="First day that does not count")] = None,
) -> Page[TrafficOut]:
    """List visits as they were told, newest day first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.told_visits(caller.workspace, start=start, end=end),
        paging,
        sorts={"date": Traffic.date},
        default="-date",
        key=Traffic.key,
        request=request,
        response=response,
    )
    return Page(items=[TrafficOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)
