"""Finding alerts, and taking note of them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID

from leadkit.db import Database
from leadkit.ids import new_id
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.alerts.queries import alert_by_id
from analytics.alerts.rules import TRAILING_WEEKS, Metric, Week, in_words, left
from analytics.alerts.tables import Alert
from analytics.metrics.answering import Numbers
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.metrics.dimensions import DIMENSION_BY_KEY
from analytics.metrics.queries import answered, slice_of
from analytics.projections.queries import Setting, WorkspaceNotKnown, known_workspaces, workspace_setting
from analytics.projections.slices import Period

METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
WATCHED: Final = tuple(METRIC_BY_KEY[key] for key in (*METRICS, "leads"))
BY: Final = (DIMENSION_BY_KEY["source"], DIMENSION_BY_KEY["week"])
SETTLING: Final = timedelta(days=2)
"""Costs of a week are told and restated for some days after it."""


async def watch(db: Database, now: datetime) -> None:
    """Looks at every workspace's last whole week, one transaction each."""
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = await known_workspaces(session)
    for workspace_id in workspaces:
        async with db.transaction(role="worker") as session:
            try:
                setting = await workspace_setting(session, workspace_id)
            except WorkspaceNotKnown:
                continue
            await find_alerts(session, workspace_id, setting, now=now)


async def find_alerts(session: AsyncSession, workspace_id: UUID, setting: Setting, *, now: datetime) -> None:
    """Brings the alerts of the last whole week up to its present numbers: new ones, changed ones, withdrawn ones.

    A week counts by what happened in it (basis period), since the youngest cohort has had no time to qualify.
    """
    local = (now - SETTLING).astimezone(setting.time_zone).date()
    monday = local - timedelta(days=local.weekday()) - timedelta(weeks=1)
    weeks = await _weeks(session, workspace_id, setting, monday)
    found = list(_found(weeks, monday, setting.currency))
    for each in found:
        statement = insert(Alert).values(
            workspace_id=workspace_id, id=new_id(), week=monday, status="open", found_at=now, **each
        )
        changed = {name: statement.excluded[name] for name in each if name not in ("metric", "source")}
        reopened = func.replace(Alert.status, "withdrawn", "open")
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "week", "metric", "source"], set_=changed | {"status": reopened}
            )
        )
    still = {(each["metric"], each["source"]) for each in found}
    open_now = select(Alert.id, Alert.metric, Alert.source).where(
        Alert.workspace_id == workspace_id, Alert.week == monday, Alert.status == "open"
    )
    gone = [row.id for row in await session.execute(open_now) if (row.metric, row.source) not in still]
    if gone:
        await session.execute(
            update(Alert).where(Alert.workspace_id == workspace_id, Alert.id.in_(gone)).values(status="withdrawn")
        )


async def _weeks(
    session: AsyncSession, workspace_id: UUID, setting: Setting, monday: date
) -> dict[str, dict[date, Numbers]]:
    """Source -> Monday -> its numbers, of the week of `monday` and those before it."""
    period = Period(monday - timedelta(weeks=TRAILING_WEEKS), monday + timedelta(weeks=1))
    asked = slice_of(workspace_id, Question(WATCHED, BY, period, "period"), setting)
    weeks: dict[str, dict[date, Numbers]] = {}
    for (source, week), numbers in (await answered(session, asked, WATCHED, BY)).rows.items():
        weeks.setdefault(source, {})[date.fromisoformat(week)] = numbers
    return weeks


def _found(weeks: dict[str, dict[date, Numbers]], monday: date, currency: str) -> Iterator[dict[str, Any]]:
    for source, numbers in sorted(weeks.items()):
        for metric in METRICS:
            told = {week: value for week, each in numbers.items() if (value := _week(metric, each)) is not None}
            this = told.pop(monday, None)
            within = left(this, list(told.values())) if this else None
            if this and within:
                yield {
                    "metric": metric,
                    "source": source,
                    "value": _decimal(this.value),
                    "median": _decimal(within.median),
                    "low": _decimal(within.low),
                    "high": _decimal(within.high),
                    "leads": this.leads,
                    "weeks": within.weeks,
                    "words": in_words(metric, source or "—", this, within, currency),
                }


def _week(metric: Metric, numbers: Numbers) -> Week | None:
    """A week without spend has no cost per lead: it may simply not have been told yet."""
    value = numbers.value(METRIC_BY_KEY[metric])
    if value is None or (metric == "cost_per_lead" and not numbers.spend):
        return None
    return Week(float(value), int(numbers.value(METRIC_BY_KEY["leads"]) or 0))


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


async def acknowledge(session: AsyncSession, workspace_id: UUID, alert_id: UUID, *, by: str, now: datetime) -> Alert:
    """Notes that somebody has seen it; the first one stays. Raises `NotFound`."""
    alert = await alert_by_id(session, workspace_id, alert_id)
    if alert.status == "open":
        alert.status, alert.acknowledged_at, alert.acknowledged_by = "acknowledged", now, by
        await session.flush()
    return alert
