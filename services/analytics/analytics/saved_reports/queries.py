"""Reading saved reports and their deliveries, and asking a saved question anew."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.asking import Question, UnknownDimension, read_conditions, read_dimensions, read_metrics
from analytics.metrics.queries import answer_query
from analytics.metrics.schemas import QueryAnswer
from analytics.projections.queries import Setting
from analytics.reports.catalogue import REPORTS, Report
from analytics.reports.periods import period_of
from analytics.reports.queries import FORECAST, answer_forecast, answer_report
from analytics.reports.schemas import ForecastAnswer
from analytics.saved_reports.schemas import SavedQuery
from analytics.saved_reports.tables import ReportDelivery, SavedReport

REPORT_BY_KEY: Final = {report.key: report for report in REPORTS}
FORECAST_KEY: Final = "forecast"
FORECAST_WEEKS: Final = 8


class UnknownReport(UnknownDimension):
    """A standard report that is not in the catalogue."""

    code = "unknown-report"
    title = "There is no such report"


def reports_of(caller: Caller) -> Select[Any]:
    """One's own reports and those shared with everybody."""
    seen = or_(SavedReport.shared, SavedReport.created_by == caller.subject)
    return select(SavedReport).where(SavedReport.workspace_id == caller.workspace, seen)


async def report_by_id(session: AsyncSession, caller: Caller, report_id: UUID, *, lock: bool = False) -> SavedReport:
    """The report, if the caller may see it; raises `NotFound`."""
    statement = reports_of(caller).where(SavedReport.id == report_id)
    found: SavedReport | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such saved report.")
    return found


def deliveries_of(report: SavedReport) -> Select[Any]:
    """The sendings of a report."""
    return select(ReportDelivery).where(
        ReportDelivery.workspace_id == report.workspace_id, ReportDelivery.report_id == report.id
    )


async def delivery_by_id(session: AsyncSession, report: SavedReport, delivery_id: UUID) -> ReportDelivery:
    """One of its sendings, locked; raises `NotFound`."""
    found: ReportDelivery | None = await session.scalar(
        deliveries_of(report).where(ReportDelivery.id == delivery_id).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def question_of(query: SavedQuery, setting: Setting, *, now: datetime) -> tuple[Report | None, Question]:
    """What a saved question asks today; raises the problems of a question that cannot be asked (any more)."""
    report = _standard(query.report)
    of_report = report.metrics if report else FORECAST
    metrics = of_report if query.report else read_metrics(",".join(query.metrics))
    by = ",".join(query.by) or (report.by if report else "")
    if query.by and (query.report == FORECAST_KEY or (report and report.fixed and by != report.by)):
        raise UnknownDimension.at("/query/by", "cannot be chosen for this report")
    today = now.astimezone(setting.time_zone).date()
    return report, Question(
        metrics=metrics,
        by=read_dimensions(by, metrics, "/query/by"),
        period=period_of(query.period, today),
        basis=(report.basis if report else None) or query.basis,
        where=read_conditions(query.where, metrics),
    )


def _standard(key: str | None) -> Report | None:
    if key is None or key == FORECAST_KEY:
        return None
    if key not in REPORT_BY_KEY:
        raise UnknownReport.at("/query/report", f"is one of {', '.join((*REPORT_BY_KEY, FORECAST_KEY))}")
    return REPORT_BY_KEY[key]


async def run(
    session: AsyncSession, workspace_id: UUID, query: SavedQuery, setting: Setting, *, now: datetime
) -> QueryAnswer | ForecastAnswer:
    """The answer as of now."""
    report, question = question_of(query, setting, now=now)
    if query.report == FORECAST_KEY:
        return await answer_forecast(session, workspace_id, setting, question.where, weeks=FORECAST_WEEKS, now=now)
    if report is not None:
        return await answer_report(session, workspace_id, report, question, setting, now=now)
    return await answer_query(session, workspace_id, question, setting, now=now)
