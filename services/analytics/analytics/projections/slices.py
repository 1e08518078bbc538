"""What is read at once of cells or facts: which measures, by what, of when, on which basis, where."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.projections.measures import FAMILIES, LONGEST_DIMENSION, Basis, Grain, Subject
from analytics.projections.times import Times

NOTHING: Final = Decimal(0)
Key = tuple[str, ...]
"""Values of the dimensions asked for, in their order, as cells write them ('' where absent)."""

CALENDAR: Final = ("day", "week", "month", "quarter", "weekday")
"""Dimensions that follow from the local day, so every family of cells has them."""

CUT: Final = frozenset(dimension for family in FAMILIES.values() for dimension in family)
"""Dimensions that cells hold cut to `LONGEST_DIMENSION`; everything else cuts them alike, so that all agree."""


def as_cells_write(dimension: str, value: str) -> str:
    """A value of the dimension, cut where cells cut it."""
    return value[:LONGEST_DIMENSION] if dimension in CUT else value


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `start` up to but not including `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has, at least one."""
        return (self.end - self.start).days


class Span(NamedTuple):
    """Days from `start` up to but not including `end`, read from sums of this grain; `sign` -1: to be taken off."""

    grain: Grain
    start: date
    end: date
    sign: int = 1


def spans(period: Period, *, by_days: bool = False) -> list[Span]:
    """The period as whole months and days: of a month that it cuts, the days in it, or the month less the others.

    Whichever are fewer are read, so no question reads more than a month's days beside months.
    """
    if by_days:
        return [Span("day", period.start, period.end)]
    first, last = period.start.replace(day=1), period.end.replace(day=1)
    inner = first if first == period.start else _next_month(first)
    if inner > last:
        return [Span("day", period.start, period.end)]
    found: list[Span] = []
    if first < inner:
        less, more = Span("day", first, period.start, -1), Span("day", period.start, inner)
        found, inner = ([less], first) if _days(less) < _days(more) else ([more], inner)
    if last < period.end:
        less, more = Span("day", period.end, _next_month(last), -1), Span("day", last, period.end)
        if _days(less) < _days(more):
            found.append(less)
            last = _next_month(last)
        else:
            found.append(more)
    return sorted((*found, *([Span("month", inner, last)] if inner < last else [])), key=lambda span: span.start)


def _days(span: Span) -> int:
    return (span.end - span.start).days


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Condition:
    """Keeps what has one of the values, or (negated) what has none of them; values as cells write them."""

    dimension: str
    values: frozenset[str]
    negated: bool = False

    def keeps(self, value: str) -> bool:
        """Whether a row with this value stays."""
        return (value in self.values) is not self.negated


class Sum(NamedTuple):
    """One sum that was read: of a measure, for one combination of values; `times` of those that are measured."""

    key: Key
    measure: str
    n: int
    amount: Decimal = NOTHING
    times: Times | None = None


class Wanted(NamedTuple):
    """A measure to be summed, what it counts, and whether its amount is wanted too."""

    measure: str
    subject: Subject
    amount: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a workspace's data that is asked for, in the zone and currency that its cells are in."""

    workspace_id: UUID
    by: tuple[str, ...]
    period: Period
    basis: Basis
    zone: ZoneInfo
    currency: str
    where: tuple[Condition, ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Those asked by, then those that only conditions look at."""
        return tuple(dict.fromkeys((*self.by, *(condition.dimension for condition in self.where))))

    @property
    def needed(self) -> tuple[str, ...]:
        """The dimensions, beyond the calendar's, that rows must have."""
        return tuple(dimension for dimension in self.dimensions if dimension not in CALENDAR)
