"""`/v1/exchange-rates`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.currencies import actions, queries
from analytics.currencies.actions import NoExchange
from analytics.currencies.schemas import RateOut, RatesPost, RatesPosted
from analytics.currencies.tables import ExchangeRate
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting

router = APIRouter(prefix="/v1/exchange-rates", route_class=EdgeRoute, tags=["spend"])


@router.post("", responses=problems(NoExchange, WorkspaceNotKnown))
async def exchange_rates_create(
    post: RatesPost, session: Session, caller: Annotated[Caller, Allow("spend:write")], now: Now
) -> RatesPosted:
    """Tell exchange rates by day; a day without one is converted with the last one known before it."""
    setting = await workspace_setting(session, caller.workspace)
    return await actions.post_rates(
        session, caller.workspace, post.items, currency=setting.currency, by=caller.subject, now=now
    )


@router.get("")
async def exchange_rates_list(
    session: ReadSession,
    caller: Annotated[Caller, Allow("spend:read")],
    paging: Paging,
    request: Request,
    response: Response,
    currency: Annotated[str | None, Query(max_length=3, pattern="^[A-Z]{3}$")] = None,
    start: Annotated[date | None, Query(alias="from", description="First day")] = None,
    end: Annotated[date | None, Query(alias="to", description="First day that does not count")] = None,
) -> Page[RateOut]:
    """List exchange rates, newest day first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.rates(caller.workspace, currency=currency, start=start, end=end),
        paging,
        sorts={"date": ExchangeRate.date, "recorded_at": ExchangeRate.recorded_at},
        default="-date",
        key=ExchangeRate.id,
        request=request,
        response=response,
    )
    return Page(items=[RateOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)
