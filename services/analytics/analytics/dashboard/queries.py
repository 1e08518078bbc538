"""All that the page shows, read in one transaction through the same questions that its links ask."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.dashboard.filters import Filters
from analytics.metrics.asking import Question, read_conditions, read_dimensions
from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.metrics.funnel import Way, answer_funnel
from analytics.metrics.kinds import Metric
from analytics.metrics.queries import COST_METRICS, answer_cost, answer_query
from analytics.metrics.schemas import CostAnswer, FunnelAnswer, QueryAnswer
from analytics.projections.queries import Setting, names_of
from analytics.projections.slices import Period
from analytics.reconciliation.queries import reconcile
from analytics.reconciliation.schemas import ReconciliationOut
from analytics.reports.catalogue import REPORTS
from analytics.reports.queries import answer_report
from analytics.reports.schemas import ReportAnswer

FIGURES: Final = ("leads", "qualified", "won", "revenue", "spend", "cost_per_lead", "romi")
TREND: Final = ("leads", "qualified", "revenue", "spend")
MANAGERS: Final = (
    "leads", "leads_to_contacted", "leads_to_qualified", "leads_to_won", "revenue", "first_response",
    "answered_in_time_share",
)  # fmt: skip
MOST_DAYS: Final = 21
"""A longer period is drawn by weeks."""

MOST_SOURCES: Final = 100
LOSSES: Final = next(report for report in REPORTS if report.key == "loss-reasons")


class Choice(NamedTuple):
    """A value that a filter can have, and what people call it."""

    value: str
    name: str


class Trend(NamedTuple):
    """Numbers by day or week; what nothing happened in is there too. `final`: by metric, how many of the first of
    them are over, and their leads old enough."""

    grain: str
    days: list[date]
    rows: list[dict[str, Any]]
    final: dict[str, int]


class Shown(NamedTuple):
    """Everything on the page."""

    figures: QueryAnswer
    before: dict[str, Any]
    funnel: FunnelAnswer
    sources: CostAnswer
    trend: Trend
    managers: QueryAnswer
    reasons: ReportAnswer
    reconciliation: ReconciliationOut
    source_choices: list[Choice]
    team_choices: list[Choice]
    owner_choices: list[Choice]


async def read_dashboard(
    session: AsyncSession, workspace_id: UUID, filters: Filters, setting: Setting, *, now: datetime
) -> Shown:
    """What the filters keep; raises the problems of conditions that cannot be read."""

    async def asked(metrics: Sequence[str], by: str = "", period: Period | None = None) -> QueryAnswer:
        question = question_of(filters, _named(metrics), by)
        question = replace(question, period=period or question.period)
        return await answer_query(session, workspace_id, question, setting, now=now)

    leads, today = (METRIC_BY_KEY["leads"],), now.astimezone(setting.time_zone).date()
    grain = "day" if filters.period.days <= MOST_DAYS else "week"
    everything = question_of(replace(filters, source="", team="", owner=""), leads, "source")
    return Shown(
        figures=await asked(FIGURES),
        before=(await asked(FIGURES, period=filters.before)).totals,
        funnel=await answer_funnel(
            session, workspace_id, replace(question_of(filters, leads, ""), metrics=()), setting,
            Way(now=now, compare=False, reasons=True),
        ),
        sources=await answer_cost(
            session, workspace_id, question_of(filters, COST_METRICS, "source"), setting, now=now
        ),
        trend=_trend(await asked(TREND, grain), grain, filters.period, today=today),
        managers=await asked(MANAGERS, "owner"),
        reasons=await answer_report(
            session, workspace_id, LOSSES, question_of(filters, LOSSES.metrics, LOSSES.by), setting, now=now
        ),
        reconciliation=await reconcile(session, workspace_id, filters.period, zone=setting.time_zone, now=now),
        source_choices=_sources(await answer_query(session, workspace_id, everything, setting, now=now), filters),
        team_choices=await _choices(session, workspace_id, "team", filters.team),
        owner_choices=await _choices(session, workspace_id, "user", filters.owner),
    )  # fmt: skip


def question_of(filters: Filters, metrics: tuple[Metric, ...], by: str) -> Question:
    """A question with the page's period, basis and conditions."""
    return Question(
        metrics=metrics,
        by=read_dimensions(by, metrics),
        period=filters.period,
        basis=filters.basis,
        where=read_conditions(filters.where, metrics),
    )


def _named(keys: Sequence[str]) -> tuple[Metric, ...]:
    return tuple(METRIC_BY_KEY[key] for key in keys)


def _trend(answer: QueryAnswer, grain: str, period: Period, *, today: date) -> Trend:
    """Up to today: days that have not come yet would look like days on which nothing happened."""
    end = max(min(period.end, today + timedelta(days=1)), period.start + timedelta(days=1))
    first = period.start if grain == "day" else period.start - timedelta(days=period.start.weekday())
    step = timedelta(days=1 if grain == "day" else 7)
    days = [first + step * number for number in range(-(-(end - first) // step))]
    by_day = {row[grain]: row for row in answer.rows}
    final = {key: sum(day + step <= answer.immature_from.get(key, today) for day in days) for key in TREND}
    return Trend(grain, days, [by_day.get(day.isoformat(), {}) for day in days], final)


def _sources(answer: QueryAnswer, filters: Filters) -> list[Choice]:
    most_first = sorted(answer.rows, key=lambda row: -row["leads"])[:MOST_SOURCES]
    names = sorted({str(row["source"]) for row in most_first if row["source"]} | ({filters.source} - {"", "null"}))
    return [*(Choice(name, name) for name in names), Choice("null", "")]


async def _choices(session: AsyncSession, workspace_id: UUID, kind: str, chosen: str) -> list[Choice]:
    known = await names_of(session, workspace_id, kind)
    kept = [Choice(each.id, each.name) for each in known if each.active or each.id == chosen]
    return [*sorted(kept, key=lambda choice: choice.name.casefold()), Choice("null", "")]
