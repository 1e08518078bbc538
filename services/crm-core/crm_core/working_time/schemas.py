"""Availability of users and holidays, as clients send and see them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import AfterValidator, Field, model_validator

from crm_core.access.users.schemas import Clock, Weekday, WorkingHours
from crm_core.fields import Line, TimeZone, absent
from crm_core.working_time.rules import Calendar, Unavailable, next_change, unavailable

Reason = Annotated[Line, Field(examples=["Vacation"])]
Day = Annotated[date, Field(examples=["2026-11-30"])]


def _not_empty(span: list[str]) -> list[str]:
    if span[0] == span[1]:
        raise ValueError("must not end where it begins; a whole day is 00:00 to 24:00")
    return span


def _apart(spans: list[list[str]]) -> list[list[str]]:
    ordered = sorted(spans)
    if any(ordered[place][1] > later[0] for place, later in enumerate(ordered[1:])):
        raise ValueError("must not overlap")
    if any(ends <= begins for begins, ends in ordered[:-1]):
        raise ValueError("only the last of a day may go on past midnight")
    return spans


Shift = Annotated[list[Clock], Field(min_length=2, max_length=2), AfterValidator(_not_empty)]


class RotaShape(Shape):
    """So many days on and so many off, from `anchor`, which is a first day on; a span that does not end later than it
    begins goes on past midnight. `works_holidays`: the workspace's holidays do not count."""

    anchor: Day
    days_on: Annotated[int, Field(ge=1, le=100, examples=[2])]
    days_off: Annotated[int, Field(ge=0, le=100, examples=[2])]
    spans: Annotated[
        list[Shift], Field(min_length=1, max_length=10, examples=[[["20:00", "08:00"]]]), AfterValidator(_apart)
    ]
    works_holidays: bool = False


class DaysOffShape(Shape):
    """Days off, the first and the last included."""

    first_day: Day
    last_day: Day
    reason: Reason | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("the last day must not be before the first")
        return self


class PauseIn(Shape):
    """No leads from now on, until a moment or, without one, until it is taken back."""

    until: Moment | None = None
    reason: Reason | None = None


ManyDaysOff = Annotated[list[DaysOffShape], Field(max_length=200)]


class Hours(Shape):
    """What both ways to say it have in common: one pattern at most."""

    working_hours: WorkingHours | None = None
    rota: RotaShape | None = None
    pause: PauseIn | None = None

    @model_validator(mode="after")
    def _one_pattern(self) -> Self:
        if self.working_hours is not None and self.rota is not None:
            raise ValueError("either working_hours or a rota")
        return self


class AvailabilityPut(Hours):
    """When a user is at work, all of it: what is left out is gone. `working_hours` by weekday, or a `rota`; neither:
    always. Breaks are the gaps between the spans of a day."""

    time_zone: TimeZone | None = Field(None, description="Left out: as it is")
    days_off: ManyDaysOff = Field(default_factory=list)


class AvailabilityPatch(Hours):
    """Merge patch: what is left out stays. Setting one pattern ends the other; `pause: null` ends a pause."""

    time_zone: TimeZone = Field(default_factory=absent)
    days_off: ManyDaysOff = Field(default_factory=absent)


class PauseOut(Shape):
    """A pause that lasts."""

    since: Moment
    until: Moment | None
    reason: str | None


class AvailabilityOut(Shape):
    """When a user is at work, and whether they are now. `next_change` is when they next stop or begin, as far as can be
    foreseen."""

    user_id: UUID
    version: int = Field(examples=[3], description="The user's; for If-Match")
    time_zone: str = Field(examples=["Europe/Moscow"])
    pattern: Literal["always", "weekly", "rota"]
    working_hours: dict[Weekday, list[list[str]]] | None
    rota: RotaShape | None
    days_off: list[DaysOffShape]
    pause: PauseOut | None
    at_work: bool
    away_because: Unavailable | None
    next_change: Moment | None

    @classmethod
    def of(cls, user: Any, calendar: Calendar, now: datetime) -> "AvailabilityOut":
        """The user's availability as of now."""
        away = unavailable(calendar, now)
        pause = None
        if away == "paused":
            pause = {"since": user.paused_since, "until": user.paused_until, "reason": user.pause_reason}
        pattern = "always" if user.working_hours is None else "weekly"
        return cls.model_validate(
            {
                "user_id": user.id, "version": user.version, "time_zone": user.time_zone,
                "pattern": pattern if user.rota is None else "rota", "working_hours": user.working_hours,
                "rota": user.rota, "days_off": user.days_off, "pause": pause, "at_work": away is None,
                "away_because": away, "next_change": next_change(calendar, now) if user.active else None,
            }
        )  # fmt: skip


class HolidayCreate(Shape):
    """A day on which the workspace does not work."""

    day: Annotated[date, Field(examples=["2027-01-01"])]
    name: Annotated[Line, Field(examples=["New Year"])]


class HolidayOut(Shape):
    """A holiday of the workspace."""

    id: UUID
    day: date = Field(examples=["2027-01-01"])
    name: str = Field(examples=["New Year"])
    created_at: Moment
