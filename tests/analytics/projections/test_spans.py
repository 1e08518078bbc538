"""How a period is cut into months and days, a histogram into buckets, and a rebuild into chunks."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from analytics.projections.generations import CHUNK, LEAST, MOST, next_limit
from analytics.projections.measures import LANE
from analytics.projections.slices import Period, Span, spans
from analytics.projections.times import Times
from hypothesis import given
from hypothesis import strategies as st

days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_a_year_is_some_months_and_the_fewer_days_around_them() -> None:
    assert spans(Period(date(2025, 11, 25), date(2026, 11, 25))) == [
        Span("day", date(2025, 11, 25), date(2025, 12, 1)),
        Span("month", date(2025, 12, 1), date(2026, 12, 1)),
        Span("day", date(2026, 11, 25), date(2026, 12, 1), -1),
    ]
    assert spans(Period(date(2025, 11, 3), date(2026, 11, 4))) == [
        Span("day", date(2025, 11, 1), date(2025, 11, 3), -1),
        Span("month", date(2025, 11, 1), date(2026, 11, 1)),
        Span("day", date(2026, 11, 1), date(2026, 11, 4)),
    ]


def test_what_is_asked_by_days_is_read_by_days() -> None:
    assert spans(Period(date(2026, 1, 1), date(2026, 3, 1)), by_days=True) == [
        Span("day", date(2026, 1, 1), date(2026, 3, 1))
    ]


@given(days, st.integers(1, 900))
def test_spans_cover_every_day_of_the_period_once(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    cut = spans(Period(start, end))
    read: Counter[date] = Counter()
    for span in cut:
        for day in range((span.end - span.start).days):
            read[span.start + timedelta(days=day)] += span.sign
    assert {day: n for day, n in read.items() if n} == {start + timedelta(days=day): 1 for day in range(length)}
    assert all(span.start.day == span.end.day == 1 for span in cut if span.grain == "month")
    if len(cut) > 1:
        assert sum((span.end - span.start).days for span in cut if span.grain == "day") <= 31


@given(st.dictionaries(st.integers(0, 500), st.integers(1, 10 ** (LANE - 2)), max_size=20), st.floats(0, 1))
def test_a_histogram_written_as_one_number_is_read_back(buckets: dict[int, int], share: float) -> None:
    digits = format(Decimal(sum(n * 10 ** (LANE * bucket) for bucket, n in buckets.items())), "f")
    spread, told = Times(digits, sum(buckets.values())), Times(buckets=buckets)
    assert spread.quantiles(share, 0.5, 1) == told.quantiles(share, 0.5, 1)
    assert spread.buckets == buckets


@pytest.mark.parametrize(
    ("limit", "took_s", "following"),
    [
        (CHUNK, 0.1, 2 * CHUNK),
        (CHUNK, 1.0, CHUNK),
        (CHUNK, 3.0, CHUNK // 2),
        (MOST, 0.1, MOST),
        (LEAST, 9, LEAST),
    ],
)
def test_a_chunk_is_as_large_as_fits_a_second(limit: int, took_s: float, following: int) -> None:
    assert next_limit(limit, took_s) == following
