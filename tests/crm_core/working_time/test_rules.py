"""Working time in every zone, across changes of clocks, breaks, rotas, days off, holidays and pauses."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from crm_core.working_time.reading import rota, weekly
from crm_core.working_time.rules import (
    HORIZON,
    Calendar,
    DaysOff,
    Pause,
    Rota,
    Weekly,
    add_working,
    end_of_shift,
    next_change,
    next_start,
    unavailable,
    working_between,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
WORKDAY = [["09:00", "13:00"], ["14:00", "18:00"]]
OFFICE = weekly(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKDAY))
NIGHTS = rota(
    {"anchor": "2026-03-02", "days_on": 2, "days_off": 2, "spans": [["20:00", "08:00"]], "works_holidays": False}
)
HOUR = timedelta(hours=1)


def at(text: str, zone: ZoneInfo = MOSCOW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("2026-03-02T08:59", "outside_hours"), ("2026-03-02T09:00", None), ("2026-03-02T13:00", "break"),
        ("2026-03-02T14:00", None), ("2026-03-02T18:00", "outside_hours"), ("2026-03-07T12:00", "outside_hours"),
        ("2026-03-03T12:00", "day_off"), ("2026-03-09T12:00", "holiday"), ("2026-03-10T12:00", "paused"),
        ("2026-03-10T15:00", None),
    ],
)  # fmt: skip
def test_each_moment_off_has_its_reason(moment, why):
    calendar = Calendar(
        zone=MOSCOW, pattern=OFFICE, days_off=(DaysOff(date(2026, 3, 3), date(2026, 3, 4)),),
        holidays=frozenset([date(2026, 3, 9)]), pause=Pause(at("2026-03-10T11:00"), at("2026-03-10T14:30")),
    )  # fmt: skip
    assert unavailable(calendar, at(moment)) == why


def test_a_night_shift_goes_on_past_midnight_and_two_days_are_free_after_two():
    calendar = Calendar(zone=MOSCOW, pattern=NIGHTS)
    assert unavailable(calendar, at("2026-03-04T07:59")) is None
    assert unavailable(calendar, at("2026-03-04T08:00")) == "outside_hours"
    assert next_start(calendar, at("2026-03-04T08:00")) == at("2026-03-06T20:00")
    assert end_of_shift(calendar, at("2026-03-02T23:00")) == at("2026-03-03T08:00")
    assert add_working(calendar, at("2026-03-04T07:30"), HOUR) == at("2026-03-06T20:30")
    assert unavailable(calendar, at("2026-02-28T21:00")) == "outside_hours"
    assert unavailable(calendar, at("2026-02-27T21:00")) is None


def test_a_night_shift_is_as_long_as_the_clocks_make_it():
    calendar = Calendar(zone=BERLIN, pattern=Rota(anchor=date(2026, 3, 28), on=1, off=0, spans=((20 * 60, 32 * 60),)))
    spring, autumn = at("2026-03-28T20:00", BERLIN), at("2026-10-24T20:00", BERLIN)
    assert working_between(calendar, spring, spring + 15 * HOUR) == 11 * HOUR
    assert working_between(calendar, autumn, autumn + 15 * HOUR) == 13 * HOUR


def test_hours_that_the_clocks_skip_are_none():
    calendar = Calendar(zone=BERLIN, pattern=Weekly(((),) * 6 + (((120, 150), (150, 195)),)))
    day = at("2026-03-29T00:00", BERLIN)
    assert working_between(calendar, day, day + 20 * HOUR) == timedelta(minutes=15)
    assert next_start(calendar, day) == at("2026-03-29T03:00", BERLIN)


def test_whoever_works_always_ends_no_shift_but_for_a_pause():
    noon = at("2026-03-03T12:00")
    assert (next_change(Calendar(zone=MOSCOW), noon), next_start(Calendar(zone=MOSCOW), noon)) == (None, noon)
    later = Calendar(zone=MOSCOW, pause=Pause(noon, noon + HOUR))
    assert (unavailable(later, noon), next_change(later, noon)) == ("paused", noon + HOUR)
    gone = Calendar(zone=MOSCOW, pattern=OFFICE, pause=Pause(noon, None))
    assert (next_change(gone, noon), add_working(gone, noon, HOUR)) == (None, None)
    round_the_clock = Calendar(zone=MOSCOW, pattern=weekly({day: [["00:00", "24:00"]] for day in ("mon", "tue")}))
    assert end_of_shift(round_the_clock, at("2026-03-02T12:00")) == at("2026-03-04T00:00")


minutes = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda drawn: tuple(zip(sorted(drawn)[::2], sorted(drawn)[1::2], strict=False))
)
moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 5)).map(lambda drawn: drawn.replace(tzinfo=UTC))
rotas = st.builds(
    Rota, anchor=st.dates(date(2026, 1, 1), date(2026, 12, 31)), on=st.integers(1, 4), off=st.integers(0, 4),
    spans=st.one_of(minutes, st.just(((1200, 1920),)), st.just(((0, 1440),))), works_holidays=st.booleans(),
)  # fmt: skip
calendars = st.builds(
    Calendar,
    zone=st.sampled_from([ZoneInfo(name) for name in (
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago",
    )]),
    pattern=st.one_of(st.none(), st.builds(lambda one: Weekly((one, ()) * 3 + (one,)), minutes), rotas),
    days_off=st.lists(st.dates(date(2026, 3, 20), date(2026, 4, 10)).map(lambda day: DaysOff(day, day)), max_size=2)
    .map(tuple),
    holidays=st.frozensets(st.dates(date(2026, 3, 25), date(2026, 4, 5)), max_size=2),
    pause=st.one_of(st.none(), moments.map(lambda since: Pause(since, since + timedelta(days=2)))),
)  # fmt: skip


@given(calendars, moments, st.integers(1, 3000))
@settings(max_examples=40)
def test_adding_and_measuring_are_inverse(calendar, moment, amount):
    due = add_working(calendar, moment, timedelta(minutes=amount))
    if due is None:  # whoever works too little to get there
        assert working_between(calendar, moment, moment + HORIZON) < timedelta(minutes=amount)
        return
    assert working_between(calendar, moment, due) == timedelta(minutes=amount)
    assert working_between(calendar, moment, due - timedelta(seconds=1)) < timedelta(minutes=amount)


@given(calendars, moments, st.integers(0, 20_000), st.integers(0, 20_000))
@settings(max_examples=40)
def test_working_time_adds_up_and_is_never_more_than_passed(calendar, moment, first, second):
    middle, end = moment + timedelta(minutes=first), moment + timedelta(minutes=first + second)
    whole = working_between(calendar, moment, end)
    assert whole == working_between(calendar, moment, middle) + working_between(calendar, middle, end)
    assert timedelta(0) <= whole <= end - moment
    assert working_between(calendar, end, moment - timedelta(1)) == timedelta(0)


@given(calendars, moments)
@settings(max_examples=40)
def test_a_moment_at_work_is_one_that_counts(calendar, moment):
    working = working_between(calendar, moment, moment + timedelta(microseconds=1)) > timedelta(0)
    assert (unavailable(calendar, moment) is None) is working
    if (start := next_start(calendar, moment)) is not None:
        assert unavailable(calendar, start) is None
    stop = end_of_shift(calendar, moment) if working else None
    if stop is not None:
        assert unavailable(calendar, stop) is not None
        assert working_between(calendar, moment, stop) == stop - moment
