"""Reading visits: by any dimensions that they have, and as they were told."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, cast, extract, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import Look
from analytics.projections.measures import LONGEST_DIMENSION
from analytics.projections.slices import CUT, Period, Slice, Sum
from analytics.traffic.tables import Traffic

KEYS: Final = (
    "source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group",
    "landing_page",
)  # fmt: skip
VISITS: Final = "visits"
"""The measure that visits are read as."""


async def visits_by(session: AsyncSession, asked: Slice) -> list[Sum]:
    """The visits of the slice; they are the same on either basis, since a visit is nobody's cohort."""
    columns = [_column(dimension) for dimension in asked.by]
    statement = (
        select(func.sum(Traffic.visits), *columns)
        .where(Traffic.workspace_id == asked.workspace_id)
        .where(Traffic.date >= asked.period.start, Traffic.date < asked.period.end)
    )
    for condition in asked.where:
        kept = _column(condition.dimension).in_(sorted(condition.values))
        statement = statement.where(~kept if condition.negated else kept)
    if columns:
        statement = statement.group_by(*columns)
    rows = await session.execute(statement)
    return [Sum(tuple(row[1:]), VISITS, int(row[0])) for row in rows if row[0]]


def any_visits(workspace_id: UUID, period: Period) -> Look[bool]:
    """Whether visits were told of these days."""
    told = """SELECT to_json(EXISTS (SELECT FROM traffic
        WHERE workspace_id = :workspace_id AND date >= :start AND date < :end))"""
    return Look(told, {"workspace_id": workspace_id, "start": period.start, "end": period.end}, bool)


def told_visits(workspace_id: UUID, *, start: date | None, end: date | None) -> Select[Traffic]:
    """What was told of the days (`end` exclusive)."""
    statement = select(Traffic).where(Traffic.workspace_id == workspace_id)
    if start is not None:
        statement = statement.where(Traffic.date >= start)
    if end is not None:
        statement = statement.where(Traffic.date < end)
    return statement


def _column(dimension: str) -> Any:
    """A dimension as cells write it."""
    match dimension:
        case "day":
            return cast(Traffic.date, Text)
        case "week" | "month" | "quarter":
            return func.to_char(func.date_trunc(literal(dimension, literal_execute=True), Traffic.date), "YYYY-MM-DD")
        case "weekday":
            return cast(extract("isodow", Traffic.date), Text)
        case _:
            value = func.coalesce(getattr(Traffic, dimension), "")
            return func.left(value, LONGEST_DIMENSION) if dimension in CUT else value
