"""Filters of lists as clients write them: `status=new,in_progress`."""

from collections.abc import Collection

from leadkit.problems import Invalid


def listed(field: str, written: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    """The values of a comma-separated parameter; raises `Invalid` naming the allowed ones."""
    values = tuple(value for part in (written or "").split(",") if (value := part.strip()))
    if unknown := [value for value in values if value not in allowed]:
        raise Invalid.at(f"/{field}", f"{unknown[0][:50]!r} is not one of {', '.join(allowed)}")
    return values
