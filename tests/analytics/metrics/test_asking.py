"""What may be asked, and how a refusal helps."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from analytics.metrics.asking import (
    UnknownDimension,
    UnknownMetric,
    UnreadableCondition,
    UnreadablePeriod,
    read_conditions,
    read_dimensions,
    read_metrics,
    read_period,
)
from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.projections.slices import Period

MOSCOW = ZoneInfo("Europe/Moscow")
LATE_EVENING_IN_UTC = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
LEADS = (METRIC_BY_KEY["leads"],)


def _period(start: str | None = None, end: str | None = None) -> Period:
    return read_period(start, end, zone=MOSCOW, now=LATE_EVENING_IN_UTC)


def test_the_default_period_is_the_last_thirty_local_days_including_today() -> None:
    assert _period() == Period(date(2026, 10, 24), date(2026, 11, 23))
    assert _period().days == 30


def test_days_count_from_the_first_up_to_but_not_including_the_last() -> None:
    assert _period("2026-11-01", "2026-11-02").days == 1


@pytest.mark.parametrize("midnight", ["2026-10-31T21:00:00Z", "2026-11-01T00:00:00+03:00", "2026-11-01T00:00:00 03:00"])
def test_a_time_at_local_midnight_is_a_day(midnight: str) -> None:
    assert _period(midnight, "2026-11-02").start == date(2026, 11, 1)


@pytest.mark.parametrize(
    "start", ["2026-11-01T00:00:00Z", "yesterday", "2026-13-01", "0001-01-01T00:00:00Z", "1812-09-07", "2026-11-05"]
)
def test_a_period_that_is_not_of_whole_local_days_is_refused(start: str) -> None:
    with pytest.raises(UnreadablePeriod) as refusal:
        _period(start, "2026-11-05")
    assert refusal.value.errors


def test_an_unknown_metric_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownMetric) as refusal:
        read_metrics("leads,happiness")
    assert "happiness" in refusal.value.detail
    assert "cost_per_lead" in refusal.value.members["allowed"]


def test_metrics_are_answered_once_and_in_the_order_asked_for() -> None:
    assert [metric.key for metric in read_metrics("won, leads,won")] == ["won", "leads"]


def test_a_dimension_that_one_metric_lacks_is_refused_with_those_that_all_have() -> None:
    with pytest.raises(UnknownDimension) as refusal:
        read_dimensions("owner", (METRIC_BY_KEY["leads"], METRIC_BY_KEY["submissions"]))
    assert "submissions has no dimension owner" in str(refusal.value.detail)
    assert "source" in refusal.value.members["allowed"]
    assert "owner" not in refusal.value.members["allowed"]


def test_conditions_keep_or_leave_out_values() -> None:
    source, status = read_conditions("source:google,yandex;!status:merged", LEADS)
    assert [source.keeps(value) for value in ("google", "bing")] == [True, False]
    assert [status.keeps(value) for value in ("new", "merged")] == [True, False]


def test_a_value_may_hold_colons_and_escaped_separators_and_may_be_absent() -> None:
    (campaign,) = read_conditions(r"campaign:a:b,c\,d\;e,null", LEADS)
    assert campaign.values == {"a:b", "c,d;e", ""}


def test_a_long_value_is_cut_as_cells_cut_it() -> None:
    (campaign,) = read_conditions(f"campaign:{'x' * 300}", LEADS)
    assert campaign.values == {"x" * 120}


@pytest.mark.parametrize(
    "where",
    ["source", "owner:ivan", "weekday:8", "hour_of_day:24", "status:happy", "day:soon", "channel:pigeon", "term:a\0b"],
)
def test_a_condition_that_cannot_hold_is_refused(where: str) -> None:
    with pytest.raises(UnreadableCondition):
        read_conditions(where, LEADS)


def test_a_refused_value_comes_with_the_allowed_ones() -> None:
    with pytest.raises(UnreadableCondition) as refusal:
        read_conditions("temperature:boiling", LEADS)
    assert refusal.value.members["allowed"] == ["cold", "warm", "hot"]


def test_hours_are_matched_as_cells_write_them() -> None:
    (hour,) = read_conditions("hour_of_day:9", LEADS)
    assert hour.values == {"09"}
