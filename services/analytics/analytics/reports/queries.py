"""Answering standard reports: the question goes to the query engine, the rest is worked out of its rows."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.answering import Numbers, written
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.metrics.dimensions import DIMENSION_BY_KEY, Names
from analytics.metrics.kinds import Metric
from analytics.metrics.queries import answer_query, answered, slice_of
from analytics.metrics.schemas import NamesOut
from analytics.projections.queries import Setting, freshness
from analytics.projections.slices import CALENDAR, Condition, Period
from analytics.reports.catalogue import Report
from analytics.reports.forecasting import Outlook, backtest, outlook
from analytics.reports.schemas import BacktestOut, ForecastAnswer, ReportAnswer

HISTORY_WEEKS: Final = 104
FORECAST: Final[tuple[Metric, ...]] = (METRIC_BY_KEY["leads"], METRIC_BY_KEY["revenue"])
FORECAST_NAME: Final = Names("Forecast", "Прогноз")
FORECAST_DEFINITION: Final = (
    "Leads and revenue of the coming weeks with 95 % intervals, from the complete weeks of the last two years by what "
    "happened in them."
)
METHOD: Final = "simple exponential smoothing (ETS(A,N,N)), counts at least as scattered as Poisson"


async def answer_report(
    session: AsyncSession,
    workspace_id: UUID,
    report: Report,
    question: Question,
    setting: Setting,
    *,
    now: datetime,
    intervals: bool = False,
) -> ReportAnswer:
    """The report's rows, the largest first; by time they stay in its order. `intervals`: with how sure rates are."""
    body = await answer_query(session, workspace_id, question, setting, now=now, intervals=intervals)
    rows = report.finish(body.rows, body.totals, report.ranked)
    if question.by and question.by[0].key in (*CALENDAR, "hour_of_day"):
        rows.sort(key=lambda row: [row[dimension.key] or 0 for dimension in question.by[:1]])
    told = {name: getattr(body, name) for name in type(body).model_fields}
    return ReportAnswer(
        **told | {"rows": rows, "columns": [*body.columns, *report.adds]},
        report=report.key,
        name=NamesOut.model_validate(report.name),
        definition=report.definition,
    )


class _Series(NamedTuple):
    """What complete weeks brought, oldest first, beginning with the first that brought anything; and this week."""

    mondays: list[date]
    weeks: list[Numbers]
    so_far: Numbers

    def of(self, metric: Metric) -> list[float]:
        """The metric, week by week."""
        return [float(week.value(metric) or 0) for week in self.weeks]


async def answer_forecast(
    session: AsyncSession,
    workspace_id: UUID,
    setting: Setting,
    where: tuple[Condition, ...],
    *,
    weeks: int,
    now: datetime,
) -> ForecastAnswer:
    """Past and coming weeks; the present one, which is not over, is forecast from those before it."""
    today = now.astimezone(setting.time_zone).date()
    monday = today - timedelta(days=today.weekday())
    series = await _series(session, workspace_id, setting, where, monday)
    told = {metric.key: outlook(series.of(metric), weeks, counts=metric.unit == "count") for metric in FORECAST}
    history = [
        {"week": day, "kind": "history"} | _past(numbers, setting.currency)
        for day, numbers in zip(series.mondays, series.weeks, strict=True)
    ]
    coming = [
        {"week": monday + timedelta(weeks=ahead), "kind": "forecast"} | _coming(told, ahead, setting.currency)
        for ahead in range(weeks if all(told.values()) else 0)
    ]
    fresh = await freshness(session)
    return ForecastAnswer(
        report="forecast",
        name=NamesOut.model_validate(FORECAST_NAME),
        definition=FORECAST_DEFINITION,
        method=METHOD,
        columns=["week", "kind", *(f"{metric.key}{end}" for metric in FORECAST for end in ("", "_low", "_high"))],
        rows=[*history, *coming],
        this_week={metric.key: written(metric, series.so_far.value(metric), setting.currency) for metric in FORECAST},
        backtest={metric.key: _tried(series.of(metric), metric) for metric in FORECAST},
        history_from=series.mondays[0] if series.mondays else None,
        as_of=fresh.as_of,
        lag_s=fresh.lag_s,
    )


async def _series(
    session: AsyncSession, workspace_id: UUID, setting: Setting, where: tuple[Condition, ...], monday: date
) -> _Series:
    period = Period(monday - timedelta(weeks=HISTORY_WEEKS), monday + timedelta(weeks=1))
    by = (DIMENSION_BY_KEY["week"],)
    asked = slice_of(workspace_id, Question(FORECAST, by, period, "period", where), setting)
    rows = (await answered(session, asked, FORECAST, by)).rows
    brought = [date.fromisoformat(week) for (week,), row in rows.items() if any(row.value(each) for each in FORECAST)]
    first = min(brought, default=monday)
    mondays = [first + timedelta(weeks=number) for number in range((monday - first).days // 7)]
    of_week = {date.fromisoformat(week): row for (week,), row in rows.items()}
    return _Series(mondays, [of_week.get(day, Numbers()) for day in mondays], of_week.get(monday, Numbers()))


def _past(numbers: Numbers, currency: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for metric in FORECAST:
        row |= {metric.key: written(metric, numbers.value(metric), currency)}
        row |= {f"{metric.key}_low": None, f"{metric.key}_high": None}
    return row


def _coming(told: dict[str, list[Outlook]], ahead: int, currency: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for metric in FORECAST:
        expected, low, high = told[metric.key][ahead]
        for end, value in (("", expected), ("_low", low), ("_high", high)):
            row[f"{metric.key}{end}"] = (
                written(metric, Decimal(value), currency) if metric.unit == "money" else round(value, 1)
            )
    return row


def _tried(history: Sequence[float], metric: Metric) -> BacktestOut | None:
    tried = backtest(history, counts=metric.unit == "count")
    return None if tried is None else BacktestOut.model_validate(tried)
