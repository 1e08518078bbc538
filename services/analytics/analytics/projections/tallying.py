"""From marks to the sums that cells hold: a *tally* adds and subtracts marks and spreads what is left over the families
of cells.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Final, NamedTuple

from analytics.projections.cells import KIND, PLACE, Counted, Kind, Number, Place
from analytics.projections.measures import AMOUNT, FAMILIES, MEASURES, OF_CASES, OF_ENTRIES, WITHOUT_TIMES

CellKey = tuple[Any, ...]
"""basis, day and the family's dimensions: a cell's key inside its family."""

Picker = Callable[[Place], CellKey]


def _picker(dimensions: tuple[str, ...]) -> Picker:
    """Takes a cell's key for these dimensions out of a place."""
    pick: Callable[[Any], Any] = itemgetter(*map(PLACE.index, ("basis", "day", *dimensions)))
    return pick


def _pickers(families: Iterable[str]) -> tuple[tuple[str, Picker], ...]:
    return tuple((family, _picker(FAMILIES[family])) for family in families)


_FAMILIES: Final[dict[Kind, tuple[str, ...]]] = {"entry": OF_ENTRIES, "case": OF_CASES, "passage": ("flow",)}
_SPREAD = {kind: _pickers(families) for kind, families in _FAMILIES.items()}
_SPREAD_TIMES = {
    kind: _pickers(family for family in families if family not in WITHOUT_TIMES) for kind, families in _FAMILIES.items()
}
_TIMED = frozenset(measure.key for measure in MEASURES if measure.timed)

Sums = dict[str, Number]
"""Column of a cell -> what it holds."""

Buckets = dict[int, int]
"""Bucket of time -> how many cases it has."""


class Delta(NamedTuple):
    """What is to be added to cells: by family and key; lengths of time apart, by family, key and measure."""

    cells: dict[str, dict[CellKey, Sums]]
    times: dict[str, dict[tuple[CellKey, str], Buckets]]


class Tally:
    """Adds and subtracts marks; `delta` gives what is left, summed to cells. Marks on both sides cancel before that."""

    def __init__(self) -> None:
        self._sums: dict[Place, Sums] = {}
        self._times: dict[tuple[Place, str, int], int] = {}

    def add(self, counted: Iterable[Counted], *, times: int = 1) -> None:
        """`times` is -1 to take away what was counted before."""
        for place, measure, bucket, n, amount in counted:
            if measure in _TIMED:
                timed = (place, measure, bucket)
                self._times[timed] = self._times.get(timed, 0) + times * n
                continue
            if (sums := self._sums.get(place)) is None:
                sums = self._sums[place] = {}
            sums[measure] = sums.get(measure, 0) + times * n
            if amount:
                column = AMOUNT[measure]
                sums[column] = sums.get(column, 0) + times * amount

    def delta(self) -> Delta:
        """Only what is not 0."""
        return Delta(self._cells(), self._lengths())

    def _cells(self) -> dict[str, dict[CellKey, Sums]]:
        families: dict[str, dict[CellKey, Sums]] = {family: {} for family in FAMILIES}
        for place, sums in self._sums.items():
            left = sums if all(sums.values()) else _not_zero(sums)
            if not left:
                continue
            for family, pick in _SPREAD[place[KIND]]:
                key, cells = pick(place), families[family]
                if (known := cells.get(key)) is None:
                    cells[key] = left.copy()
                else:
                    for column, value in left.items():
                        known[column] = known.get(column, 0) + value
        return {family: _kept(cells) for family, cells in families.items() if cells}

    def _lengths(self) -> dict[str, dict[tuple[CellKey, str], Buckets]]:
        times: dict[str, dict[tuple[CellKey, str], Buckets]] = {}
        for (place, measure, bucket), n in self._times.items():
            if n:
                for family, pick in _SPREAD_TIMES[place[KIND]]:
                    buckets = times.setdefault(family, {}).setdefault((pick(place), measure), {})
                    buckets[bucket] = buckets.get(bucket, 0) + n
        return times


def _not_zero(sums: Sums) -> Sums:
    return {column: value for column, value in sums.items() if value}


def _kept(cells: dict[CellKey, Sums]) -> dict[CellKey, Sums]:
    """What is left where places met in a cell; few have met with their opposite there."""
    kept = ((key, sums if all(sums.values()) else _not_zero(sums)) for key, sums in cells.items())
    return {key: sums for key, sums in kept if sums}
