"""`/v1/settlements`."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.metrics.asking import Question, UnreadablePeriod, read_period
from analytics.metrics.queries import slice_of
from analytics.metrics.routes import EndDay, FirstDay
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting
from analytics.settlements import queries
from analytics.settlements.schemas import SettlementAnswer

router = APIRouter(prefix="/v1/settlements", route_class=EdgeRoute, tags=["spend"])


@router.get(
    "",
    response_model=SettlementAnswer,
    responses={**problems(UnreadablePeriod, UnknownFormat, WorkspaceNotKnown), **NOT_CHANGED, **AS_FILES},
)
async def settlements_get(
    request: Request,
    session: ReadSession,
    caller: Annotated[Caller, Allow("spend:read")],
    now: Now,
    wanted: AsWanted,
    start: FirstDay = None,
    end: EndDay = None,
    supplier: Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$", description="Only this one")] = None,
) -> Response:
    """Settle with suppliers: what was billed, disputed, returned and is owed, and how good their leads turned out."""
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    asked = slice_of(caller.workspace, Question((), (), period, "period"), setting)
    body = await queries.settle(session, asked, supplier=supplier)
    return await answer(request, body, wanted=wanted, table=partial(queries.table_of, body))
