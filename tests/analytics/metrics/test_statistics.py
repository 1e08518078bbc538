"""Intervals and quantiles against numbers worked out elsewhere."""

import pytest
from analytics.metrics.statistics import quantile_bucket, ratio, wilson_interval
from analytics.projections.measures import bucket_of, seconds_of
from hypothesis import given
from hypothesis import strategies as st


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


@given(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=200), st.sampled_from((0.5, 0.9)))
def test_a_quantile_of_buckets_is_right_within_two_percent(seconds: list[int], share: float) -> None:
    buckets: dict[int, int] = {}
    for length in seconds:
        buckets[bucket_of(length)] = buckets.get(bucket_of(length), 0) + 1
    bucket = quantile_bucket(buckets, share)
    assert bucket is not None
    exact = sorted(seconds)[int(share * (len(seconds) - 1))]
    assert seconds_of(bucket) == pytest.approx(exact, rel=0.0201, abs=1)


def test_nothing_has_no_quantile_and_no_ratio() -> None:
    assert quantile_bucket({}, 0.5) is None
    assert quantile_bucket({3: 0}, 0.5) is None
    assert ratio(1, 0) is None
