"""`/v1/reports`: one path a report of the catalogue, and the forecast."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import problems

from analytics.deadlines.queries import DEFINITION as DEADLINES_DEFINITION
from analytics.deadlines.queries import NAME as DEADLINES_NAME
from analytics.metrics import asking
from analytics.metrics.asking import UnknownDimension, UnreadableCondition
from analytics.metrics.routes import LONGEST, REFUSALS, Asking, Intervals, Reader
from analytics.metrics.schemas import NamesOut
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import SettingChanged, WorkspaceNotKnown, workspace_setting
from analytics.reports.catalogue import REPORTS, Report
from analytics.reports.queries import (
    FORECAST,
    FORECAST_DEFINITION,
    FORECAST_NAME,
    answer_forecast,
    answer_report,
)
from analytics.reports.schemas import ForecastAnswer, ReportAnswer, ReportList, ReportOut

router = APIRouter(prefix="/v1/reports", route_class=EdgeRoute, tags=["reports"])


@router.get("", dependencies=[Allow("metrics:read", workspace=False)])
async def reports_list() -> ReportList:
    """List the standard reports."""
    told = [(report.key, report.name, report.definition) for report in REPORTS]
    told.append(("forecast", FORECAST_NAME, FORECAST_DEFINITION))
    told.append(("deadlines", DEADLINES_NAME, DEADLINES_DEFINITION))
    return ReportList(
        items=[
            ReportOut(key=key, name=NamesOut.model_validate(name), definition=words, path=f"{router.prefix}/{key}")
            for key, name, words in told
        ]
    )


def _get(report: Report) -> Callable[..., Awaitable[Response]]:
    """The handler of one report. The caller may ask by other dimensions, unless the report is of one kind of row."""

    async def run(
        request: Request,
        session: ReadSession,
        caller: Reader,
        now: Now,
        asked: Asking,
        wanted: AsWanted,
        by: Annotated[
            str, Query(max_length=LONGEST, description="Dimensions, by comma", include_in_schema=not report.fixed)
        ] = report.by,
        intervals: Intervals = False,
    ) -> Response:
        setting = await workspace_setting(session, caller.workspace)
        if report.fixed and by != report.by:
            raise UnknownDimension.at("/by", f"is always {report.by} in this report")
        question = asked.question(report.metrics, by, setting, now)
        if report.basis is not None:
            question = replace(question, basis=report.basis)
        body = await answer_report(session, caller.workspace, report, question, setting, now=now, intervals=intervals)
        return await answer(request, body, wanted=wanted)

    return run


for _report in REPORTS:
    router.add_api_route(
        f"/{_report.key}",
        _get(_report),
        name=f"reports_{_report.key.replace('-', '_')}",
        description=f"{_report.name.en}.\n{_report.definition}",
        response_model=ReportAnswer,
        responses={**REFUSALS, **problems(UnknownFormat), **NOT_CHANGED, **AS_FILES},
    )


@router.get(
    "/forecast",
    response_model=ForecastAnswer,
    responses={
        **problems(UnknownDimension, UnreadableCondition, UnknownFormat, WorkspaceNotKnown, SettingChanged),
        **NOT_CHANGED,
        **AS_FILES,
    },
)
async def reports_forecast(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    wanted: AsWanted,
    weeks: Annotated[int, Query(ge=1, le=26, description="How many weeks, with the present one")] = 8,
    where: Annotated[str | None, Query(max_length=LONGEST, description=asking.WHERE_FORM)] = None,
) -> Response:
    """Forecast leads and revenue of the coming weeks, each with its 95 % interval."""
    setting = await workspace_setting(session, caller.workspace)
    conditions = asking.read_conditions(where, FORECAST)
    body = await answer_forecast(session, caller.workspace, setting, conditions, weeks=weeks, now=now)
    return await answer(request, body, wanted=wanted)
