"""What rules of assignment may ask about a lead: all that scoring may, what it found, and the time of day. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from leadkit.contracts.events import Temperature

from crm_core.conditions.fields import Field
from crm_core.scoring.facts import FIELDS as SCORED

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIELDS = SCORED.and_more(
    Field(name="temperature", kind="choice", choices=get_args(Temperature)),
    Field(name="score", kind="number"),
    Field(name="subject", kind="text"),
    Field(name="message", kind="text"),
    Field(name="company", kind="text"),
    Field(name="landing_url", kind="text", meaning="The page on which the last visit that is not direct began"),
    Field(name="hour", kind="number", meaning="Time of day in the workspace's zone, 14.5 for half past two"),
    Field(name="weekday", kind="choice", choices=WEEKDAYS, meaning="Day in the workspace's zone"),
)


def time_of_day(now: datetime) -> Mapping[str, Any]:
    """The facts of the clock; `now` is in the workspace's zone."""
    return {"hour": now.hour + now.minute / 60, "weekday": WEEKDAYS[now.weekday()]}
