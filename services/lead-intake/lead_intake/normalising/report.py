"""The report that shows where each canonical value comes from."""

from typing import NamedTuple

Line = tuple[str, str | None, str | None, str, str | None]
"""Field, value, raw value, rule, warning: a `ReportLine` as it is made and stored, some ten for each inquiry."""

Report = list[Line]

_SHOWN = 300


class ReportLine(NamedTuple):
    """One canonical value: `field` by its path (`phones/0`), its raw value, the rule, and what was guessed.
    `value` is null where the raw value was not used. Long texts are shown by their beginning."""

    field: str
    value: str | None
    raw: str | None
    rule: str
    warning: str | None


def cut(text: str | None) -> str | None:
    """The beginning of a raw value, fit for storing."""
    if text is None or (len(text) <= _SHOWN and text.isprintable()):
        return text
    return text[:_SHOWN].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
