"""How sure a share is that was counted, on plain numbers."""

from math import sqrt

Z_95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""


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
