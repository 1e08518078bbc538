"""Intervals of shares against numbers worked out elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadkit.proportions import wilson_interval


@pytest.mark.parametrize(
    ("successes", "cases", "interval"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_the_interval_is_wilsons(successes: int, cases: int, interval: tuple[float, float]) -> None:
    assert wilson_interval(successes, cases) == pytest.approx(interval, abs=5e-5)


def test_there_is_no_interval_of_nothing_or_of_more_than_all() -> None:
    assert wilson_interval(0, 0) is None
    assert wilson_interval(5, 4) is None


@given(st.integers(0, 10_000).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))))
def test_the_rate_lies_within_its_interval_and_that_within_nothing_and_all(pair: tuple[int, int]) -> None:
    interval = wilson_interval(*pair)
    if interval is not None:
        assert 0 <= interval[0] <= pair[0] / pair[1] <= interval[1] <= 1
