"""The few formulas of statistics that answers need, on plain numbers."""

from collections.abc import Mapping
from math import floor

FEW = 30
"""A rate on fewer cases than this is marked, since its interval is too wide to act on."""


def quantile_bucket(buckets: Mapping[int, int], share: float) -> int | None:
    """The bucket that holds the case of rank `share` (0.5: the lower median); None without cases."""
    cases = sum(buckets.values())
    if cases <= 0:
        return None
    rank, below = floor(share * (cases - 1)), 0
    for bucket in sorted(buckets):
        below += buckets[bucket]
        if below > rank:
            return bucket
    return None


def ratio(part: int, whole: int) -> float | None:
    """A division that is None where it is by nothing."""
    return part / whole if whole else None
