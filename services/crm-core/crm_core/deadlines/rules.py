"""When a first response is due, when somebody is reminded, and what a moment makes of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from crm_core.working_time.rules import Calendar, add_working

Breach = Literal["late", "not_accepted"]
ToWhom = Literal["next", "head", "pool"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule expects: an answer within so much working time of the owner, a reminder so long before, a start
    within so much of it, and to whom the lead goes, step by step, when it is late."""

    within: timedelta
    remind_before: timedelta | None
    accept_within: timedelta | None
    then: tuple[ToWhom, ...]


class Times(NamedTuple):
    """The moments that follow from terms; a moment that never comes is None."""

    due_at: datetime | None
    remind_at: datetime | None
    accept_by: datetime | None


def terms_of(response: Mapping[str, Any]) -> Terms:
    """The terms as a rule keeps them."""
    remind, accept = response["remind_before_minutes"], response["accept_within_s"]
    return Terms(
        timedelta(minutes=response["within_minutes"]),
        None if remind is None else timedelta(minutes=remind),
        None if accept is None else timedelta(seconds=accept),
        tuple(response["then"]),
    )


def times(terms: Terms, calendar: Calendar, now: datetime) -> Times:
    """The moments for an owner who gets the lead now; also the accept timer runs only while they are at work."""
    remind_after = None if terms.remind_before is None else terms.within - terms.remind_before
    return Times(
        add_working(calendar, now, terms.within),
        None if remind_after is None else add_working(calendar, now, remind_after),
        None if terms.accept_within is None else add_working(calendar, now, terms.accept_within),
    )


def wake_at(moments: Times, *, reminded: bool) -> datetime | None:
    """The next moment at which there is something to do."""
    waited_for = (moments.due_at, None if reminded else moments.remind_at, moments.accept_by)
    return min((moment for moment in waited_for if moment is not None), default=None)


def missed(moments: Times, now: datetime) -> tuple[Breach, datetime] | None:
    """What was missed first by now, and when."""
    accept_by = moments.accept_by
    if accept_by is not None and accept_by <= now and (moments.due_at is None or accept_by < moments.due_at):
        return "not_accepted", accept_by
    if moments.due_at is not None and moments.due_at <= now:
        return "late", moments.due_at
    return None
