"""What a change of a user means for the tokens they hold, and when they are at work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CLAIMED = ("role", "team_id")
"""What a token says about its user, so that it must not outlive a change."""


def tokens_end(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the user's tokens are revoked: role or team changed, or the user was deactivated."""
    deactivated = before["active"] and not after["active"]
    return deactivated or any(before[field] != after[field] for field in CLAIMED)


def at_work(hours: Mapping[str, Any] | None, here: datetime) -> bool:
    """Whether one of the spans of local time of the day holds the moment, in the user's zone; without hours, ever."""
    if hours is None:
        return True
    clock = f"{here:%H:%M}"
    return any(begins <= clock < ends for begins, ends in hours.get(WEEKDAYS[here.weekday()], ()))
