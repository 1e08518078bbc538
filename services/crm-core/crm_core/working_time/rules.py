"""When somebody is at work, and how much working time lies between two moments. Pure.

A shift belongs to the day on which it begins, and so do days off and holidays: a night shift that began before a day
off is worked to its end. Local times that a change of clocks skips stand for the moment of the change; of those that
come twice the first counts. All moments that go out are in UTC, so differences are time that passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Unavailable = Literal["outside_hours", "break", "day_off", "holiday", "paused"]
Span = tuple[int, int]
"""Minutes from local midnight, from and to; past 1440 a span goes on into the next day."""

HORIZON = timedelta(days=400)
"""How far ahead somebody's return is looked for."""

DAY = timedelta(days=1)
NOTHING = timedelta()
WHOLE_DAY: tuple[Span, ...] = ((0, 1440),)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Spans of each weekday, Monday first; gaps between the spans of a day are breaks."""

    days: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rota:
    """So many days on, so many off, for ever from `anchor`, a first day on; on each day on the same spans."""

    anchor: date
    on: int
    off: int
    spans: tuple[Span, ...]
    works_holidays: bool = False


@dataclass(frozen=True, slots=True)
class DaysOff:
    """From the first to the last day, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Pause:
    """No leads from a moment on, until another or (None) until further notice."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """All that says when somebody is at work; without a pattern that is ever."""

    zone: ZoneInfo
    pattern: Weekly | Rota | None = None
    days_off: tuple[DaysOff, ...] = ()
    holidays: frozenset[date] = frozenset()
    pause: Pause | None = None

    @property
    def is_endless(self) -> bool:
        """Whether, pauses apart, there is no moment off."""
        return self.pattern is None and not self.days_off and not self.holidays


def unavailable(calendar: Calendar, at: datetime) -> Unavailable | None:
    """Why the person is not at work at a moment; None: they are."""
    if _is_paused(calendar, at):
        return "paused"
    if calendar.is_endless:
        return None
    at = at.astimezone(UTC)
    here = at.astimezone(calendar.zone)
    today = here.date()
    for day in (today - DAY, today) if isinstance(calendar.pattern, Rota) else (today,):
        for span in _shifts_on(calendar, day):
            if _instant(calendar.zone, day, span[0]) <= at < _instant(calendar.zone, day, span[1]):
                return None
    if (free := _free(calendar, today)) is not None:
        return free
    minute = here.hour * 60 + here.minute
    spans = _hours(calendar, today)
    between = any(ends <= minute for _, ends in spans) and any(begins > minute for begins, _ in spans)
    return "break" if between else "outside_hours"


def working_between(calendar: Calendar, begin: datetime, end: datetime) -> timedelta:
    """The working time between two moments; none if the end is not later."""
    return sum((ends - begins for begins, ends in _work(calendar, begin, end)), NOTHING)


def add_working(calendar: Calendar, at: datetime, amount: timedelta) -> datetime | None:
    """The moment when so much working time has passed since `at`; None: not within `HORIZON`."""
    left = amount
    for begins, ends in _work(calendar, at, at + HORIZON):
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    return None


def next_start(calendar: Calendar, at: datetime) -> datetime | None:
    """The first moment at work from `at` on, which is `at` itself where they are; None: not within `HORIZON`."""
    return next((begins for begins, _ in _work(calendar, at, at + HORIZON)), None)


def end_of_shift(calendar: Calendar, at: datetime) -> datetime | None:
    """When the person, who is at work, stops next, also for a break; None: not within `HORIZON`."""
    work = _work(calendar, at, at + HORIZON)
    stop = next(work, (at, at))[1]
    for begins, ends in work:
        if begins > stop:
            break
        stop = ends
    return stop if stop < at + HORIZON else None


def next_change(calendar: Calendar, at: datetime) -> datetime | None:
    """When the person next stops or begins to work."""
    return end_of_shift(calendar, at) if unavailable(calendar, at) is None else next_start(calendar, at)


def _work(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times at work from one moment to another, in order and without overlaps."""
    done, end = begin.astimezone(UTC), end.astimezone(UTC)
    if calendar.is_endless:
        yield from _but_paused(calendar.pause, done, end)
        return
    day, last = done.astimezone(calendar.zone).date() - DAY, end.astimezone(calendar.zone).date()
    while day <= last and done < end:
        for span in _shifts_on(calendar, day):
            begins, ends = _instant(calendar.zone, day, span[0]), _instant(calendar.zone, day, span[1])
            if (ends := min(ends, end)) > (begins := max(begins, done)):
                yield from _but_paused(calendar.pause, begins, ends)
                done = ends
        day += DAY


def _but_paused(pause: Pause | None, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    if pause is None:
        before, after = (begins, ends), (ends, ends)
    else:
        before = (begins, min(ends, pause.since.astimezone(UTC)))
        after = (ends if pause.until is None else max(begins, pause.until.astimezone(UTC)), ends)
    for part in (before, after):
        if part[0] < part[1]:
            yield part


def _is_paused(calendar: Calendar, at: datetime) -> bool:
    pause = calendar.pause
    return pause is not None and pause.since <= at and (pause.until is None or at < pause.until)


def _shifts_on(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """The spans that begin on the day, unless it is free."""
    spans = _hours(calendar, day)
    return spans if spans and _free(calendar, day) is None else ()


def _hours(calendar: Calendar, day: date) -> tuple[Span, ...]:
    pattern = calendar.pattern
    if pattern is None:
        return WHOLE_DAY
    if isinstance(pattern, Weekly):
        return pattern.days[day.weekday()]
    return pattern.spans if (day - pattern.anchor).days % (pattern.on + pattern.off) < pattern.on else ()


def _free(calendar: Calendar, day: date) -> Unavailable | None:
    if any(off.first <= day <= off.last for off in calendar.days_off):
        return "day_off"
    works = isinstance(calendar.pattern, Rota) and calendar.pattern.works_holidays
    return "holiday" if day in calendar.holidays and not works else None


@lru_cache(maxsize=20_000)
def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # a time that the clocks skip: look for the change
    offset = early.astimezone(zone).utcoffset()
    while at - early > timedelta(seconds=1):
        middle = early + (at - early) // 2
        early, at = (middle, at) if middle.astimezone(zone).utcoffset() == offset else (early, middle)
    return at.replace(microsecond=0)
