"""Intervals and quantiles against numbers worked out elsewhere."""

import pytest
from analytics.metrics.statistics import ratio
from analytics.projections.measures import bucket_of, seconds_of
from analytics.projections.times import quantile_bucket
from hypothesis import given
from hypothesis import strategies as st


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
