"""`GET /v1/reports/deadlines`."""

from fastapi import APIRouter, Request, Response
from leadkit.edge import EdgeRoute, Now, ReadSession
from leadkit.problems import problems

from analytics.deadlines.queries import By, answer_deadlines
from analytics.deadlines.schemas import DeadlineAnswer
from analytics.metrics import asking
from analytics.metrics.asking import UnreadablePeriod
from analytics.metrics.routes import EndDay, FirstDay, Reader
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting

router = APIRouter(prefix="/v1/reports", route_class=EdgeRoute, tags=["reports"])


@router.get(
    "/deadlines",
    response_model=DeadlineAnswer,
    responses={**problems(UnreadablePeriod, UnknownFormat, WorkspaceNotKnown), **NOT_CHANGED, **AS_FILES},
)
async def reports_deadlines(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    wanted: AsWanted,
    start: FirstDay = None,
    end: EndDay = None,
    by: By = "owner",
) -> Response:
    """Report what was expected of managers (or teams) as first response, and what became of it."""
    setting = await workspace_setting(session, caller.workspace)
    period = asking.read_period(start, end, zone=setting.time_zone, now=now)
    body = await answer_deadlines(session, caller.workspace, setting, period, by)
    return await answer(request, body, wanted=wanted)
