"""Forecasts of a weekly series: simple exponential smoothing with its interval, and how well it would have done. Pure.

Simple exponential smoothing as the state space model ETS(A,N,N): the level of the coming weeks is a weighted mean of
the past ones, recent ones weighing more; the variance h weeks ahead is s2 * (1 + (h - 1) * alpha**2) (R. Hyndman,
G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 2021, sections 8.1 and 8.7). It knows no trend and no
season of the year: both need longer and calmer histories than sales teams have, and a level with an honest interval is
harder to mislead with.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

from leadkit.proportions import Z_95

LEAST_WEEKS: Final = 8
"""With fewer complete weeks there is no telling how much weeks differ."""

WEIGHTS: Final = tuple(step / 20 for step in range(1, 20))
"""The weights of the newest week that are tried."""

JUDGED: Final = 26
"""The most recent weeks that a forecast is tried on."""


class Outlook(NamedTuple):
    """What a week is expected to bring, and the bounds within which it does in 95 of 100 cases."""

    expected: float
    low: float
    high: float


class Backtest(NamedTuple):
    """How forecasts one week ahead did in `weeks` past weeks that they had not seen.

    `within`: share of weeks inside their interval; `error`: mean absolute error; `naive_error`: that of expecting the
    week before again.
    """

    weeks: int
    within: float
    error: float
    naive_error: float


class _Level(NamedTuple):
    weight: float
    level: float
    variance: float


def outlook(history: Sequence[float], weeks: int, *, counts: bool = False) -> list[Outlook]:
    """The coming `weeks` after the history; empty where it has fewer than `LEAST_WEEKS`.

    Nothing goes below zero. `counts`: chance alone scatters counts as much as their mean (Poisson), so no interval is
    narrower than that, however even the history happened to be.
    """
    if len(history) < LEAST_WEEKS:
        return []
    weight, level, variance = _smoothed(history)
    if counts:
        variance = max(variance, level)
    return [_within(level, variance * (1 + ahead * weight**2)) for ahead in range(weeks)]


def backtest(history: Sequence[float], *, counts: bool = False) -> Backtest | None:
    """Forecasts each of the last weeks from those before it; None where the history is too short for that."""
    first = max(LEAST_WEEKS, len(history) - JUDGED)
    weeks = len(history) - first
    if weeks <= 0:
        return None
    inside, error, naive = 0, 0.0, 0.0
    for place in range(first, len(history)):
        [told], came = outlook(history[:place], 1, counts=counts), history[place]
        inside += told.low <= came <= told.high
        error += abs(came - told.expected)
        naive += abs(came - history[place - 1])
    return Backtest(weeks, inside / weeks, error / weeks, naive / weeks)


def _smoothed(history: Sequence[float]) -> _Level:
    """The weight whose one-step errors have the least squares, its last level, and the variance of those errors."""
    return min((_smoothed_by(weight, history) for weight in WEIGHTS), key=lambda tried: tried.variance)


def _smoothed_by(weight: float, history: Sequence[float]) -> _Level:
    level = sum(history[:LEAST_WEEKS]) / LEAST_WEEKS
    squares = 0.0
    for value in history:
        error = value - level
        squares += error**2
        level += weight * error
    return _Level(weight, max(0.0, level), squares / (len(history) - 2))


def _within(level: float, variance: float) -> Outlook:
    spread = Z_95 * sqrt(variance)
    return Outlook(level, max(0.0, level - spread), level + spread)
