"""Removal effects of kinds of touches in a first-order Markov chain.

Anderl, Becker, von Wangenheim, Schumann: Mapping the customer journey, International Journal of Research in Marketing
33(3), 2016. The effect of a kind is the share of conversions lost when every way that comes to it ends there.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, TypeVar

K = TypeVar("K", bound=Hashable)

MOST_KINDS: Final = 60
"""The most frequent kinds that are told apart: the chain is solved in the cube of their number."""

START: Final = 0


def removal_effects(ways: Iterable[tuple[Sequence[K], int, int]]) -> dict[K, float]:
    """Kind -> share of conversions that would be lost without it, of the `MOST_KINDS` most frequent ones.

    A way is its kinds in order, how often it was gone, and how often it ended in a conversion. With P(i) the chance to
    come to i and c(i) the chance of a conversion from there, the share lost is P(i) c(i) / c(start); both follow from
    the fundamental matrix N = (I - Q)^-1 of the chain: P(i) = N(start, i) / N(i, i).
    """
    told = [way for way in ways if way[1] > 0 and way[0]]
    states = {kind: place for place, kind in enumerate(_frequent(told), start=1)}
    chain, converting = _chain(told, states)
    fundamental = _inverse([[float(i == j) - value for j, value in enumerate(row)] for i, row in enumerate(chain)])
    chances = [sum(n * c for n, c in zip(row, converting, strict=True)) for row in fundamental]
    if chances[START] <= 0:
        return {}
    return {
        kind: fundamental[START][place] / fundamental[place][place] * chances[place] / chances[START]
        for kind, place in states.items()
    }


def _frequent(ways: Iterable[tuple[Sequence[K], int, int]]) -> list[K]:
    seen: dict[K, int] = {}
    for kinds, times, _ in ways:
        for kind in kinds:
            seen[kind] = seen.get(kind, 0) + times
    return sorted(seen, key=lambda kind: (-seen[kind], repr(kind)))[:MOST_KINDS]


def _chain(ways: Iterable[tuple[Sequence[K], int, int]], states: dict[K, int]) -> tuple[list[list[float]], list[float]]:
    """The chances to go from each state to each other, and to a conversion at once; rare kinds are stepped over."""
    size = len(states) + 1
    steps = [[0.0] * size for _ in range(size)]
    ends = [[0.0, 0.0] for _ in range(size)]
    for kinds, times, conversions in ways:
        here = START
        for kind in kinds:
            if (there := states.get(kind)) is not None:
                steps[here][there] += times
                here = there
        ends[here][0] += conversions
        ends[here][1] += times - conversions
    leaving = [sum(row) + sum(end) or 1.0 for row, end in zip(steps, ends, strict=True)]
    chain = [[value / left for value in row] for row, left in zip(steps, leaving, strict=True)]
    return chain, [end[0] / left for end, left in zip(ends, leaving, strict=True)]


def _inverse(matrix: list[list[float]]) -> list[list[float]]:
    """The inverse by Gauss-Jordan with pivots; of I - Q there always is one, since every way ends."""
    size = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        divisor = rows[column][column]
        rows[column] = [value / divisor for value in rows[column]]
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [value - factor * base for value, base in zip(rows[row], rows[column], strict=True)]
    return [row[size:] for row in rows]
