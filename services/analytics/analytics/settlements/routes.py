"""`/v1/settlements`."""

from datetime import datetime
from functools import partial
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page, ordered
from leadkit.problems import problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.asking import Question, UnreadablePeriod, read_period
from analytics.metrics.queries import slice_of
from analytics.metrics.routes import EndDay, FirstDay
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer, file_of
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting
from analytics.projections.slices import Slice
from analytics.settlements import queries
from analytics.settlements.queries import TooManyLines
from analytics.settlements.schemas import LineState, SettlementAnswer, SettlementLine

router = APIRouter(prefix="/v1/settlements", route_class=EdgeRoute, tags=["spend"])
Reader = Annotated[Caller, Allow("spend:read")]
Supplier = Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$", description="Only this one")]


@router.get(
    "",
    response_model=SettlementAnswer,
    responses={**problems(UnreadablePeriod, UnknownFormat, WorkspaceNotKnown), **NOT_CHANGED, **AS_FILES},
)
async def settlements_get(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    wanted: AsWanted,
    start: FirstDay = None,
    end: EndDay = None,
    supplier: Supplier = None,
) -> Response:
    """Settle with suppliers: what was billed, disputed, returned and is owed, and how good their leads turned out."""
    asked = await _asked(session, caller, start, end, now)
    body = await queries.settle(session, asked, supplier=supplier)
    return await answer(request, body, wanted=wanted, table=partial(queries.table_of, body))


@router.get(
    "/lines",
    response_model=Page[SettlementLine],
    responses={**problems(UnreadablePeriod, UnknownFormat, TooManyLines, WorkspaceNotKnown), **AS_FILES},
)
async def settlements_lines(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Reader,
    now: Now,
    paging: Paging,
    wanted: AsWanted,
    start: FirstDay = None,
    end: EndDay = None,
    supplier: Supplier = None,
    state: Annotated[str | None, Query(max_length=100, description="One or more, by comma", examples=["owed"])] = None,
) -> Page[SettlementLine] | Response:
    """List the leads that a settlement is made of, with why each is paid for or not, the newest first.

    A page in JSON; another format holds all of them.
    """
    asked = await _asked(session, caller, start, end, now)
    told = queries.lines(asked, supplier=supplier, states=listed("state", state, get_args(LineState)))
    of = told.selected_columns
    sorts = {"at": of.at, "supplier": of.supplier}
    if wanted.format != "json":
        every = ordered(told, paging, sorts=sorts, default="-at", key=of.line)
        return await file_of(*queries.lines_table(await queries.whole(session, every)), wanted)
    rows, next_cursor, total = await fetch_page(
        session, told, paging, sorts=sorts, default="-at", key=of.line,
        request=request, response=response,
    )  # fmt: skip
    return Page(items=[queries.line_of(row) for row in rows], next_cursor=next_cursor, total=total)


async def _asked(session: AsyncSession, caller: Caller, start: str | None, end: str | None, now: datetime) -> Slice:
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    return slice_of(caller.workspace, Question((), (), period, "period"), setting)
