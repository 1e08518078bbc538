"""Lengths of time of many cases, as cells keep them: one number that holds a whole histogram."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import floor
from typing import Final

from analytics.projections.measures import LANE, seconds_of

_TOGETHER: Final = 8
"""Buckets that are added up at once: more would make numbers whose reading takes longer than that of their parts."""
_WIDTH: Final = LANE * _TOGETHER
_LEFT_OVER: Final = 10**LANE - 1
"""What is left over by a division by it is the sum of all buckets, as with 9 and the digits of a decimal number."""
_lanes = re.compile(f".{{{LANE}}}").findall
_groups = re.compile(f".{{{_WIDTH}}}").findall


class Times:
    """How many cases there are in each bucket (`measures.bucket_of`).

    Told as buckets, or as the digits of a spread (`measures.LANE`). Those are read only when asked, and for a quantile
    only where it lies: an answer has some fifty spreads of some hundred buckets each.
    """

    __slots__ = ("_buckets", "_digits")

    def __init__(self, digits: str = "", buckets: Mapping[int, int] | None = None) -> None:
        self._digits = digits
        self._buckets = None if digits else buckets or {}

    @property
    def buckets(self) -> Mapping[int, int]:
        """Bucket -> cases, of those that have any."""
        if self._buckets is None:
            lanes = enumerate(reversed(_lanes(_filled(self._digits, LANE))))
            self._buckets = {bucket: cases for bucket, lane in lanes if (cases := int(lane))}
        return self._buckets

    def quantiles(self, *shares: float) -> list[int | None]:
        """The buckets that hold the cases of these ranks (0.5: the lower median); None without cases."""
        if self._buckets is not None:
            return [quantile_bucket(self._buckets, share) for share in shares]
        groups = _groups(_filled(self._digits, _WIDTH))
        groups.reverse()
        sofar = list(accumulate([int(group) % _LEFT_OVER for group in groups]))
        return [_bucket_of_rank(floor(share * (sofar[-1] - 1)), groups, sofar) for share in shares]

    def seconds(self, *shares: float) -> list[int | None]:
        """The lengths of time of these ranks, within 2 %."""
        return [None if bucket is None else round(seconds_of(bucket)) for bucket in self.quantiles(*shares)]


def together(several: Iterable[Times]) -> Times:
    """All their cases."""
    buckets: dict[int, int] = {}
    for each in several:
        for bucket, cases in each.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + cases
    return Times(buckets=buckets)


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


def _filled(digits: str, width: int) -> str:
    return digits.zfill(-(-len(digits) // width) * width)


def _bucket_of_rank(rank: int, groups: list[str], sofar: list[int]) -> int | None:
    if sofar[-1] == 0:
        return None
    place = bisect_right(sofar, rank)
    below = sofar[place - 1] if place else 0
    within = list(accumulate(map(int, reversed(_lanes(groups[place]))), initial=below))
    return place * _TOGETHER + bisect_right(within, rank) - 1
