"""Time going by on paper: from lead to lead people come and go, days begin, and leads are closed when they were closed
in fact. Pure."""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID

from crm_core.assignment.deciding import State
from crm_core.assignment.model import Person
from crm_core.working_time.rules import Calendar, next_change, unavailable

DAY = timedelta(days=1)


class Held(NamedTuple):
    """A lead that somebody has had since `at`, until it was closed (None: it is open still)."""

    owner_id: UUID
    at: datetime | None
    closed_at: datetime | None


@dataclass(kw_only=True, slots=True)
class Walk:
    """Where time is. `state` is what decisions read as of then; the others are heaps of what comes next, soonest
    first: who stops or begins to work, whose day begins, and whose lead is closed."""

    state: State
    calendars: Mapping[UUID, Calendar]
    zone: tzinfo
    shifts: list[tuple[datetime, UUID]] = field(default_factory=list)
    days: list[tuple[datetime, UUID]] = field(default_factory=list)
    closings: list[tuple[datetime, UUID]] = field(default_factory=list)

    def go_to(self, at: datetime) -> None:
        """Time goes on to a moment that is not before the last."""
        people, turned = self.state.people, False
        while self.shifts and self.shifts[0][0] <= at:
            _, user = heappop(self.shifts)
            people[user].away, turned = unavailable(self.calendars[user], at), True
            self._expect_shift(user, at)
        while self.days and self.days[0][0] <= at:
            _, user = heappop(self.days)
            people[user].today = 0
            self._expect_day(user, at)
        while self.closings and self.closings[0][0] <= at:
            people[heappop(self.closings)[1]].open -= 1
        if turned:
            self.state.standing.clear()
        self.state.now = at.astimezone(self.zone)

    def will_close(self, owner_id: UUID, closed_at: datetime | None) -> None:
        """A lead that was just given is open until then."""
        if closed_at is not None:
            heappush(self.closings, (closed_at, owner_id))

    def _expect_shift(self, user: UUID, at: datetime) -> None:
        change = next_change(self.calendars[user], at)
        if change is not None:
            heappush(self.shifts, (change, user))

    def _expect_day(self, user: UUID, at: datetime) -> None:
        here = at.astimezone(self.calendars[user].zone)
        heappush(self.days, (datetime.combine(here.date() + DAY, time(), here.tzinfo), user))


def walk_from(
    at: datetime,
    *,
    people: Mapping[UUID, Person],
    calendars: Mapping[UUID, Calendar],
    turns: MutableMapping[UUID, dict[UUID, int]],
    held: Iterable[Held],
    zone: tzinfo,
) -> Walk:
    """The walk at a moment, given what everybody was given until then; `held` may name people who are not there."""
    walk = Walk(state=State(people=people, turns=turns, now=at.astimezone(zone)), calendars=calendars, zone=zone)
    for person in people.values():
        person.away, person.today, person.open = unavailable(calendars[person.id], at), 0, 0
        walk._expect_shift(person.id, at)
        if person.daily_cap is not None:
            walk._expect_day(person.id, at)
    began = {user: at.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
             for user, calendar in calendars.items()}  # fmt: skip
    for one in held:
        if one.owner_id not in people:
            continue
        person = people[one.owner_id]
        if one.at is not None and one.at >= began[person.id]:
            person.today += 1
        if one.closed_at is None or one.closed_at > at:
            person.open += 1
            walk.will_close(person.id, one.closed_at)
    return walk
