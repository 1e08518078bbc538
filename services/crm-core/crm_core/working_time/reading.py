"""Calendars from what is stored. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from crm_core.working_time.rules import Calendar, DaysOff, Pause, Rota, Span, Weekly

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Kept(Protocol):
    """What of a user says when they are at work."""

    @property
    def time_zone(self) -> str:
        """Their own."""
        ...

    @property
    def working_hours(self) -> Mapping[str, Any] | None:
        """Spans by weekday."""
        ...

    @property
    def rota(self) -> Mapping[str, Any] | None:
        """A rota, which stands before the hours of a week."""
        ...

    @property
    def days_off(self) -> Sequence[Mapping[str, Any]]:
        """Ranges of days."""
        ...

    @property
    def paused_since(self) -> datetime | None:
        """When their pause began, past or not."""
        ...

    @property
    def paused_until(self) -> datetime | None:
        """When it ends."""
        ...


def calendar_from(kept: Kept, holidays: frozenset[date]) -> Calendar:
    """A user's calendar."""
    pattern = weekly(kept.working_hours) if kept.working_hours is not None else None
    return Calendar(
        zone=ZoneInfo(kept.time_zone),
        pattern=rota(kept.rota) if kept.rota is not None else pattern,
        days_off=tuple(
            DaysOff(date.fromisoformat(off["first_day"]), date.fromisoformat(off["last_day"])) for off in kept.days_off
        ),
        holidays=holidays,
        pause=Pause(kept.paused_since, kept.paused_until) if kept.paused_since is not None else None,
    )


def weekly(hours: Mapping[str, Any]) -> Weekly:
    """The hours of a week."""
    return Weekly(tuple(_spans(hours.get(day, ())) for day in WEEKDAYS))


def rota(told: Mapping[str, Any]) -> Rota:
    """A rota."""
    return Rota(
        anchor=date.fromisoformat(told["anchor"]), on=told["days_on"], off=told["days_off"],
        spans=_spans(told["spans"]), works_holidays=told["works_holidays"],
    )  # fmt: skip


def _spans(told: Iterable[Sequence[str]]) -> tuple[Span, ...]:
    """In order; one that does not end later than it begins ends the next day."""
    read = ((_minute(begins), _minute(ends)) for begins, ends in told)
    return tuple(sorted((begins, ends if ends > begins else ends + 1440) for begins, ends in read))


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
