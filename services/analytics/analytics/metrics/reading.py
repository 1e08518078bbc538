"""Sums of measures by any dimensions: from the smallest family of cells that has them, else from the facts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Date, Integer, Text, cast, extract, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics import facts
from analytics.metrics.asking import Condition
from analytics.metrics.dimensions import Subject
from analytics.metrics.slices import Key, Slice, Wanted
from analytics.projections.measures import FAMILIES, MEASURES
from analytics.projections.queries import current_cells
from analytics.projections.tables import Cell

MEASURE: Final = {measure.key: measure for measure in MEASURES}
SMALLEST_FIRST: Final = ("day", "hour", "owner", "stage", "product", "source_owner", "source")


@dataclass(slots=True)
class Tally:
    """The sum of one measure for one combination of values; `buckets` counts by length of time."""

    n: int = 0
    amount: Decimal = Decimal(0)
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, bucket: int, n: int, amount: Decimal) -> None:
        """Adds one row read."""
        self.n += n
        self.amount += amount
        self.buckets[bucket] = self.buckets.get(bucket, 0) + n

    def merge(self, other: "Tally") -> None:
        """Adds another tally."""
        self.n += other.n
        self.amount += other.amount
        for bucket, n in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + n


Tallies = dict[Key, dict[str, Tally]]
"""Combination of values -> measure -> its sum."""


@dataclass(slots=True)
class Reading:
    """What was read, and from where; `facts` when one of the measures needed them."""

    tallies: Tallies
    read: Literal["cells", "facts"]


async def read(session: AsyncSession, asked: Slice, wanted: Iterable[Wanted]) -> Reading:
    """The sums of all wanted measures; combinations without any are left out."""
    families: dict[str | None, list[Wanted]] = {}
    for each in dict.fromkeys(wanted):
        families.setdefault(family_for(each, asked.needed), []).append(each)
    reading = Reading({}, "facts" if None in families else "cells")
    for family, measures in families.items():
        if family is None:
            rows = await facts.read(session, asked, measures)
        else:
            rows = await _read_cells(session, asked, family, measures)
        for key, measure, bucket, n, amount in rows:
            reading.tallies.setdefault(key, {}).setdefault(measure, Tally()).add(bucket, n, amount)
    return reading


def family_for(wanted: Wanted, needed: Sequence[str]) -> str | None:
    """The family with the fewest dimensions that has all that are needed and the measure; None: only the facts do."""
    for family in SMALLEST_FIRST:
        if family in MEASURE[wanted.measure].families and all(
            _column_name(family, key, wanted.subject) for key in needed
        ):
            return family
    return None


def _column_name(family: str, key: str, subject: Subject) -> str | None:
    if family == "stage" and subject == "lead":
        # A lead's status lies where a deal's stage does.
        key = "stage" if key == "status" else key
    dimensions = FAMILIES[family]
    return f"d{dimensions.index(key) + 1}" if key in dimensions else None


async def _read_cells(
    session: AsyncSession, asked: Slice, family: str, wanted: Sequence[Wanted]
) -> Iterator[tuple[Key, str, int, int, Decimal]]:
    subject = wanted[0].subject
    columns = {
        dimension.key: _expression(family, dimension.key, subject)
        for dimension in (*asked.by, *(condition.dimension for condition in asked.where))
    }
    grouped: list[ColumnElement[Any]] = [columns[dimension.key] for dimension in asked.by]
    statement = (
        select(*grouped, Cell.measure, Cell.bucket, func.sum(Cell.n), func.sum(Cell.amount))
        .where(current_cells(asked.workspace_id))
        .where(Cell.family == family, Cell.basis == asked.basis)
        .where(Cell.measure.in_([each.measure for each in wanted]))
        .where(Cell.day >= asked.period.start, Cell.day < asked.period.end)
        .where(*(matches(columns[condition.dimension.key], condition) for condition in asked.where))
        .group_by(*grouped, Cell.measure, Cell.bucket)
        .having(or_(func.sum(Cell.n) != 0, func.sum(Cell.amount) != 0))
    )
    size = len(grouped)
    return ((tuple(row[:size]), row[size], row[size + 1], int(row[size + 2]), row[size + 3])
            for row in await session.execute(statement))  # fmt: skip


def _expression(family: str, key: str, subject: Subject) -> ColumnElement[str]:
    name = _column_name(family, key, subject)
    column: ColumnElement[str] = getattr(Cell, name) if name else calendar(key, Cell.day)
    return column


def calendar(key: str, day: ColumnElement[Any] | Any) -> ColumnElement[str]:
    """A dimension that follows from the local day, as text: a date, or the number of the weekday."""
    if key == "day":
        return cast(day, Text)
    if key == "weekday":
        return cast(cast(extract("isodow", day), Integer), Text)
    return cast(cast(func.date_trunc(key, day), Date), Text)


def matches(column: ColumnElement[str], condition: Condition) -> ColumnElement[bool]:
    """The condition in SQL, on a column that is '' where the value is absent."""
    found = column.in_(sorted(condition.values))
    return not_(found) if condition.negated else found
