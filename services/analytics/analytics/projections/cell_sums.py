"""Sums of measures from cells: of the family with the fewest dimensions that has all that are asked for."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Integer, Text, cast, extract, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.measures import FAMILIES, MEASURES
from analytics.projections.queries import current_cells
from analytics.projections.slices import Condition, Key, Slice, Subject, Wanted
from analytics.projections.tables import Cell

MEASURE: Final = {measure.key: measure for measure in MEASURES}
SMALLEST_FIRST: Final = ("day", "hour", "owner", "stage", "product", "source_owner", "source")


def family_for(wanted: Wanted, needed: Sequence[str]) -> str | None:
    """The smallest family that has the measure and every dimension needed; None: only the facts do."""
    for family in SMALLEST_FIRST:
        if family in MEASURE[wanted.measure].families and all(
            _column_name(family, dimension, wanted.subject) for dimension in needed
        ):
            return family
    return None


def _column_name(family: str, dimension: str, subject: Subject) -> str | None:
    if family == "stage" and subject == "lead":
        # A lead's status lies where a deal's stage does.
        dimension = "stage" if dimension == "status" else dimension
    dimensions = FAMILIES[family]
    return f"d{dimensions.index(dimension) + 1}" if dimension in dimensions else None


async def sums_of_cells(
    session: AsyncSession, asked: Slice, family: str, wanted: Sequence[Wanted]
) -> Iterable[tuple[Key, str, int, int, Decimal]]:
    """Rows of (values, measure, bucket, n, amount) in one statement; all wanted are of one subject."""
    subject = wanted[0].subject
    columns = {dimension: _expression(family, dimension, subject) for dimension in asked.dimensions}
    grouped: list[ColumnElement[Any]] = [columns[dimension] for dimension in asked.by]
    n, amount = func.sum(Cell.n), func.sum(Cell.amount)
    statement = (
        select(*grouped, Cell.measure, Cell.bucket, n, amount)
        .where(current_cells(asked.workspace_id))
        .where(Cell.family == family, Cell.basis == asked.basis)
        .where(Cell.measure.in_([each.measure for each in wanted]))
        .where(Cell.day >= asked.period.start, Cell.day < asked.period.end)
        .where(*(_matches(columns[condition.dimension], condition) for condition in asked.where))
        .group_by(*grouped, Cell.measure, Cell.bucket)
        .having(or_(n != 0, amount != 0))
    )
    size = len(grouped)
    rows = (await session.execute(statement)).all()
    return ((tuple(row[:size]), row[size], row[size + 1], int(row[size + 2]), row[size + 3]) for row in rows)


def _expression(family: str, dimension: str, subject: Subject) -> ColumnElement[str]:
    name = _column_name(family, dimension, subject)
    column: ColumnElement[str] = getattr(Cell, name) if name else _calendar(dimension)
    return column


def _calendar(dimension: str) -> ColumnElement[str]:
    if dimension == "day":
        return cast(Cell.day, Text)
    if dimension == "weekday":
        return cast(cast(extract("isodow", Cell.day), Integer), Text)
    return cast(cast(func.date_trunc(dimension, Cell.day), Date), Text)


def _matches(column: ColumnElement[str], condition: Condition) -> ColumnElement[bool]:
    found = column.in_(sorted(condition.values))
    return not_(found) if condition.negated else found
