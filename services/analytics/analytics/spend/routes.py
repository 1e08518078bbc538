"""`/v1/spend`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.common import Money
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Unavailable, problems
from leadkit.tokens import Caller

from analytics.projections.queries import workspace_setting
from analytics.spend import actions, queries
from analytics.spend.actions import SeveralCurrencies, Told
from analytics.spend.schemas import SpendOut, SpendPost, SpendPosted
from analytics.spend.tables import SpendLine

router = APIRouter(prefix="/v1/spend", route_class=EdgeRoute, tags=["spend"])

Reader = Annotated[Caller, Allow("spend:read")]
Writer = Annotated[Caller, Allow("spend:write")]

SORTS = {"date": SpendLine.date, "recorded_at": SpendLine.recorded_at, "amount": SpendLine.amount}


@router.post("", responses=problems(SeveralCurrencies, Unavailable))
async def spend_create(post: SpendPost, session: Session, caller: Writer, now: Now) -> SpendPosted:
    """Tell what marketing cost; what is told again replaces what was told before of the same units."""
    setting = await workspace_setting(session, caller.workspace)
    told = Told(post.origin, post.items, replace=post.replace)
    return await actions.post_spend(
        session, caller.workspace, told, currency=setting.currency, by=caller.subject, now=now
    )


@router.get("")
async def spend_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    start: Annotated[date | None, Query(alias="from", description="First day")] = None,
    end: Annotated[date | None, Query(alias="to", description="First day that does not count")] = None,
    source: Annotated[str | None, Query(max_length=1000, description="One or more sources, by comma")] = None,
    superseded: Annotated[bool, Query(description="Older versions too")] = False,
) -> Page[SpendOut]:
    """List what is stored, newest day first."""
    sources = [part.strip() for part in (source or "").replace("\0", "").split(",") if part.strip()]
    rows, next_cursor, total = await fetch_page(
        session,
        queries.lines(caller.workspace, start=start, end=end, sources=sources, superseded=superseded),
        paging,
        sorts=SORTS,
        default="-date",
        key=SpendLine.id,
        request=request,
        response=response,
    )
    return Page(items=[_shown(line) for line in rows], next_cursor=next_cursor, total=total)


def _shown(line: SpendLine) -> SpendOut:
    kept = {name: getattr(line, name) for name in SpendOut.model_fields if name != "amount"}
    return SpendOut(**kept, amount=Money(amount=line.amount, currency=line.currency))
