"""The few formulas of statistics that answers need, on plain numbers."""

from collections.abc import Mapping
from math import floor, sqrt

Z_95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""

FEW = 30
"""A rate on fewer cases than this is marked, since its interval is too wide to act on."""


def wilson_interval(successes: int, cases: int) -> tuple[float, float] | None:
    """The 95 % interval of a rate (E. B. Wilson, 1927): stays within 0..1 and holds for few cases.

    None where there is no case, or where it is no proportion of the cases (more successes than cases).
    """
    if cases <= 0 or not 0 <= successes <= cases:
        return None
    rate = successes / cases
    spread = Z_95 * sqrt(rate * (1 - rate) / cases + Z_95**2 / (4 * cases**2))
    middle = rate + Z_95**2 / (2 * cases)
    scale = 1 + Z_95**2 / cases
    low, high = max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
    # At the ends the bound is the rate itself; floating point may miss it by a hair.
    return min(low, rate), max(high, rate)


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
