"""Forecasts and their intervals, tried on histories whose future is known."""

from math import exp
from random import Random

import pytest
from analytics.reports.forecasting import LEAST_WEEKS, backtest, outlook

WEEKS = 60
TEAMS = 20


def _poisson(mean: float, random: Random) -> int:
    """Knuth's way, for small means."""
    limit, product, number = exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        number += 1
    return number


def _even(random: Random) -> list[float]:
    return [_poisson(20, random) for _ in range(WEEKS)]


def _bursts(random: Random) -> list[float]:
    """More scattered than Poisson, as campaigns make it: the mean itself differs from week to week."""
    return [_poisson(random.gammavariate(5, 5), random) for _ in range(WEEKS)]


def _moving(random: Random) -> list[float]:
    """A level that wanders."""
    level, weeks = 40.0, []
    for _ in range(WEEKS):
        level = max(5.0, level + random.gauss(0, 3))
        weeks.append(float(_poisson(level, random)))
    return weeks


@pytest.mark.parametrize("kind", [_even, _bursts, _moving], ids=["even", "bursts", "moving"])
def test_weeks_come_within_their_interval_about_as_often_as_it_says(kind: object) -> None:
    random, inside, error, naive, weeks = Random(7), 0.0, 0.0, 0.0, 0
    for _ in range(TEAMS):
        tried = backtest(kind(random), counts=True)  # type: ignore[operator]
        assert tried is not None
        inside += tried.within * tried.weeks
        error += tried.error
        naive += tried.naive_error
        weeks += tried.weeks
    assert 0.91 <= inside / weeks <= 0.985
    assert error <= naive


def test_a_change_of_level_is_followed() -> None:
    random = Random(3)
    told = outlook([_poisson(10, random) for _ in range(30)] + [_poisson(60, random) for _ in range(15)], 1)
    assert 45 <= told[0].expected <= 70


def test_a_later_week_is_less_sure_and_nothing_goes_below_zero() -> None:
    random = Random(5)
    told = outlook(_moving(random), 8, counts=True)
    widths = [week.high - week.low for week in told]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0]
    assert all(week.low >= 0 for week in outlook([0, 0, 5, 0, 0, 0, 1, 0, 0], 3, counts=True))


def test_an_even_history_still_has_the_scatter_of_counts() -> None:
    [week] = outlook([25.0] * 20, 1, counts=True)
    assert (week.expected, week.low, week.high) == pytest.approx((25, 25 - 9.8, 25 + 9.8), abs=0.01)
    assert outlook([25.0] * 20, 1)[0].high == 25


def test_too_short_a_history_has_no_forecast() -> None:
    assert outlook([3.0] * (LEAST_WEEKS - 1), 4) == []
    assert backtest([3.0] * LEAST_WEEKS) is None
