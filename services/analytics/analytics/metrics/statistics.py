"""The few formulas of statistics that answers need, on plain numbers."""

FEW = 30
"""A rate on fewer cases than this is marked, since its interval is too wide to act on."""


def ratio(part: int, whole: int) -> float | None:
    """A division that is None where it is by nothing."""
    return part / whole if whole else None
