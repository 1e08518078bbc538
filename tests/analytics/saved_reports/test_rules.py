"""When reports are due, also where clocks change, and when a sending is tried again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from analytics.saved_reports.rules import RETRY_AFTER_S, next_run, retry_at
from hypothesis import given
from hypothesis import strategies as st

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
DAILY = {"every": "day", "at": "09:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        (DAILY, MOSCOW, "2026-04-01T05:59", "2026-04-01T06:00"),
        (DAILY, MOSCOW, "2026-04-01T06:00", "2026-04-02T06:00"),
        # The zone of the schedule goes before the workspace's.
        (DAILY | {"time_zone": "Asia/Tokyo"}, MOSCOW, "2026-04-01T06:00", "2026-04-02T00:00"),
        # Summer time began on 29 March: nine in the morning comes an hour earlier.
        (DAILY, BERLIN, "2026-03-28T10:00", "2026-03-29T07:00"),
        # 02:30 does not exist that night; the clock shows 03:30.
        ({"every": "day", "at": "02:30"}, BERLIN, "2026-03-28T12:00", "2026-03-29T01:30"),
        # 02:30 comes twice on 25 October; the report goes out the first time, once.
        ({"every": "day", "at": "02:30"}, BERLIN, "2026-10-24T12:00", "2026-10-25T00:30"),
        ({"every": "day", "at": "02:30"}, BERLIN, "2026-10-25T00:30", "2026-10-26T01:30"),
        ({"every": "week", "at": "08:00", "weekday": 1}, MOSCOW, "2026-04-01T00:00", "2026-04-06T05:00"),
        ({"every": "month", "at": "00:00", "day": 31}, MOSCOW, "2026-02-01T00:00", "2026-02-27T21:00"),
        ({"every": "month", "at": "00:00", "day": 31}, MOSCOW, "2026-02-27T21:00", "2026-03-30T21:00"),
        ({"every": "month", "at": "12:00", "day": 15}, MOSCOW, "2026-12-15T09:00", "2027-01-15T09:00"),
    ],
)
def test_reports_are_due_at_local_times(schedule: dict[str, Any], zone: ZoneInfo, after: str, due: str) -> None:
    assert next_run(schedule, zone, at(after)) == at(due)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.integers(0, 23),
)
def test_a_daily_report_is_due_once_a_local_day(after: datetime, zone: str, hour: int) -> None:
    due = [next_run({"every": "day", "at": f"{hour:02}:15"}, ZoneInfo(zone), after.replace(tzinfo=UTC))]
    for _ in range(3):
        due.append(next_run({"every": "day", "at": f"{hour:02}:15"}, ZoneInfo(zone), due[-1]))
    days = [each.astimezone(ZoneInfo(zone)).date() for each in due]
    assert days == [days[0] + timedelta(days=number) for number in range(4)]
    assert due[0] > after.replace(tzinfo=UTC)


def test_attempts_grow_apart_and_end_within_a_day() -> None:
    now = at("2026-04-01T00:00")
    pauses = [retry_at(attempts, now, 0.5) for attempts in range(1, len(RETRY_AFTER_S) + 2)]
    assert pauses[-1] is None
    waits = [(each - now).total_seconds() for each in pauses if each is not None]
    assert waits == sorted(waits)
    assert sum(waits) < 24 * 3600
