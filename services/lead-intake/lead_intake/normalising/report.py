"""The report that shows where each canonical value comes from."""

from dataclasses import dataclass


@dataclass(slots=True)
class ReportLine:
    """One canonical value: `field` by its path (`phones/0`), what it was made from, by which rule, and what was guessed.
    `value` is null where the raw value was not used."""

    field: str
    value: str | None
    raw: str | None
    rule: str
    warning: str | None = None
