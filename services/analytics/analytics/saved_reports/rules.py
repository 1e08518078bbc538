"""When a report is due, and when a sending that failed is tried again. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

RETRY_AFTER_S: Final = (10, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600)
"""Pauses between the attempts, as Standard Webhooks recommends them: almost a day in all."""

GONE: Final = 410
"""The status by which a receiver says that it wants no more."""


def next_run(schedule: Mapping[str, Any], zone: ZoneInfo, after: datetime) -> datetime:
    """The first due moment after `after`: once a local day, week or month, at a local time of day.

    A time that a change of clocks leaves out is taken as much later as the clock jumps; one that comes twice is taken
    the first time. The 31st of a shorter month is its last day.
    """
    local = ZoneInfo(schedule["time_zone"]) if schedule.get("time_zone") else zone
    at = time.fromisoformat(schedule["at"])
    day = after.astimezone(local).date()
    while True:
        due = datetime.combine(day, at, local).astimezone(ZoneInfo("UTC"))
        if due > after and _falls_on(schedule, day):
            return due
        day += timedelta(days=1)


def _falls_on(schedule: Mapping[str, Any], day: date) -> bool:
    match schedule["every"]:
        case "day":
            return True
        case "week":
            return day.isoweekday() == int(schedule["weekday"])
        case _:
            last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            return day.day == min(int(schedule["day"]), last.day)


def retry_at(attempts: int, now: datetime, jitter: float) -> datetime | None:
    """When the next attempt is made after so many; None after the last. `jitter` (0 to 1) spreads them by a fifth."""
    if attempts > len(RETRY_AFTER_S):
        return None
    return now + timedelta(seconds=RETRY_AFTER_S[attempts - 1] * (1 + 0.2 * jitter))
