"""Lengths of time of many cases, as cells keep them: one number that holds a whole histogram."""

from collections.abc import Iterable, Iterator, Mapping
from math import floor
from typing import Final

from analytics.projections.measures import LANE, seconds_of

_TOGETHER: Final = 8 * LANE
"""Digits that are read at once: reading more takes longer than reading their parts (measured)."""
_LEFT_OVER: Final = 10**LANE - 1
"""What is left over by a division by it is the sum of all buckets, as with 9 and the digits of a decimal number."""


class Times:
    """How many cases there are in each bucket (`measures.bucket_of`).

    Told as buckets, or as the digits of a spread (`measures.LANE`) of so many cases. Those are read only when asked,
    and for quantiles from the longest times down to the shortest: an answer has fifty spreads of some hundred buckets.
    """

    __slots__ = ("_buckets", "_cases", "_digits")

    def __init__(self, digits: str = "", cases: int = 0, *, buckets: Mapping[int, int] | None = None) -> None:
        self._digits, self._cases = digits, cases
        self._buckets = None if digits else buckets or {}

    @property
    def buckets(self) -> Mapping[int, int]:
        """Bucket -> cases, of those that have any."""
        if self._buckets is None:
            digits = _filled(self._digits, LANE)
            lanes = enumerate(range(len(digits) - LANE, -1, -LANE))
            self._buckets = {bucket: cases for bucket, start in lanes if (cases := int(digits[start : start + LANE]))}
        return self._buckets

    def quantiles(self, *shares: float) -> list[int | None]:
        """The buckets that hold the cases of these ranks (0.5: the lower median); None without cases."""
        if self._buckets is not None:
            return [quantile_bucket(self._buckets, share) for share in shares]
        if not self._cases:
            return [None for _ in shares]
        from_top = [self._cases - floor(share * (self._cases - 1)) for share in shares]
        found = dict(zip(sorted(from_top), _buckets_from_top(self._digits, sorted(from_top)), strict=True))
        return [found[rank] for rank in from_top]

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


def _buckets_from_top(digits: str, ranks: list[int]) -> Iterator[int]:
    """The buckets of the cases that come as these, of all from the longest time to the shortest (ranks ascending)."""
    digits = _filled(digits, _TOGETHER)
    size, above, found = len(digits), 0, 0
    for start in range(0, size, _TOGETHER):
        upto = above + int(digits[start : start + _TOGETHER]) % _LEFT_OVER
        while ranks[found] <= upto:
            end, sofar = start, above
            while sofar < ranks[found]:
                sofar += int(digits[end : end + LANE])
                end += LANE
            yield (size - end) // LANE
            found += 1
            if found == len(ranks):
                return
        above = upto
