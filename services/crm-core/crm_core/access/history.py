"""Changes told afterwards: who may say that something happened at another time than now."""

from datetime import datetime

from leadkit.problems import Forbidden, Invalid
from leadkit.tokens import Caller


def moment_of(at: datetime | None, *, caller: Caller, now: datetime, last: datetime | None) -> datetime:
    """When a change happened: `now`, or the `at` of a caller with scope history:write.

    Raises `Forbidden` without the scope, `Invalid` when `at` is in the future or before `last`, the latest change.
    """
    if at is None:
        return now
    if "history:write" not in caller.scopes:
        raise Forbidden("Telling when something happened needs the scope history:write.")
    if at > now:
        raise Invalid.at("/at", "must not be in the future")
    if last is not None and at < last:
        raise Invalid.at("/at", "must not be before the last change")
    return at
