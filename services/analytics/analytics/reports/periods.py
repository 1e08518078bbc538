"""Periods relative to today, as people name them: a saved report or a bookmark means the right days any day. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final, Literal, get_args

from analytics.projections.slices import Period

Relative = Literal[
    "today", "yesterday", "last_7_days", "last_30_days", "last_90_days", "last_365_days", "this_week", "last_week",
    "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year",
]  # fmt: skip
RELATIVE: Final[tuple[Relative, ...]] = get_args(Relative)

_DAY: Final = timedelta(days=1)


def _month(day: date, months: int = 0) -> date:
    """The first of the month so many months from the day's."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _quarter(day: date, quarters: int = 0) -> date:
    return _month(day, -((day.month - 1) % 3) + 3 * quarters)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _last(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today + _DAY - timedelta(days=days), today + _DAY)


_PERIODS: Final[Mapping[Relative, Callable[[date], Period]]] = {
    "today": _last(1),
    "yesterday": lambda today: Period(today - _DAY, today),
    "last_7_days": _last(7),
    "last_30_days": _last(30),
    "last_90_days": _last(90),
    "last_365_days": _last(365),
    "this_week": lambda today: Period(_monday(today), _monday(today) + timedelta(weeks=1)),
    "last_week": lambda today: Period(_monday(today) - timedelta(weeks=1), _monday(today)),
    "this_month": lambda today: Period(_month(today), _month(today, 1)),
    "last_month": lambda today: Period(_month(today, -1), _month(today)),
    "this_quarter": lambda today: Period(_quarter(today), _quarter(today, 1)),
    "last_quarter": lambda today: Period(_quarter(today, -1), _quarter(today)),
    "this_year": lambda today: Period(date(today.year, 1, 1), date(today.year + 1, 1, 1)),
    "last_year": lambda today: Period(date(today.year - 1, 1, 1), date(today.year, 1, 1)),
}


def period_of(relative: Relative, today: date) -> Period:
    """The days that the words mean today; `last_7_days` and the like end with today, `last_week` with its Sunday."""
    return _PERIODS[relative](today)
