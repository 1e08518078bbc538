"""How money is shared: to the cent, and so that the parts sum to the whole."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

K = TypeVar("K", bound=Hashable)

UNATTRIBUTED: Final = "unattributed"
"""The key of money that no lead could claim for a dimension which the spend itself does not name."""

Key = tuple[str | None, ...]


def largest_remainder(total: int, weights: Mapping[K, int]) -> dict[K, int]:
    """`total` cents in proportion to the weights, whole cents that sum to `total` exactly (Hamilton's method).

    Cents left after rounding down go to the largest remainders; equal ones in the order of the keys' text, so that the
    same question always gets the same answer. Without any weight nothing is shared: the result is empty.
    """
    whole = sum(weights.values())
    if whole <= 0:
        return {}
    sign = -1 if total < 0 else 1
    parts: dict[K, int] = {}
    remainders: list[tuple[int, str, K]] = []
    for key, weight in weights.items():
        parts[key], remainder = divmod(abs(total) * weight, whole)
        remainders.append((-remainder, repr(key), key))
    missing = abs(total) - sum(parts.values())
    for _, _, key in sorted(remainders, key=lambda entry: entry[:2])[:missing]:
        parts[key] += 1
    return {key: sign * cents for key, cents in parts.items()}


@dataclass(frozen=True, slots=True)
class Spent:
    """Cents under their own keys: `own` has for each dimension asked for the spend's value, None where it lacks one.

    `match` are the keys by which leads claim them, None where the spend names none (or another key decides).
    """

    own: Key
    match: Key
    cents: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Leads of one combination: their values of the dimensions asked for, their keys, and how many they are."""

    values: Key
    match: Key
    leads: int


def share(spent: Iterable[Spent], claims: Sequence[Claim]) -> dict[Key, int]:
    """Cents per combination of the dimensions asked for; every cent of `spent` is in exactly one of them.

    A dimension that the spend names keeps the spend's value, whether or not a lead came. One that it lacks is shared
    over the leads with the same keys; where there are none it is `unattributed`.
    """
    shared: dict[Key, int] = {}
    candidates = _Candidates(claims)
    for (own, match), cents in _summed(spent).items():
        lacking = tuple(index for index, value in enumerate(own) if value is None)
        weights = candidates.weights(match, lacking) if lacking else {}
        parts = largest_remainder(cents, weights) or {tuple(UNATTRIBUTED for _ in lacking): cents}
        for values, part in parts.items():
            key = _filled(own, lacking, values)
            shared[key] = shared.get(key, 0) + part
    return shared


def _summed(spent: Iterable[Spent]) -> dict[tuple[Key, Key], int]:
    sums: dict[tuple[Key, Key], int] = {}
    for unit in spent:
        sums[unit.own, unit.match] = sums.get((unit.own, unit.match), 0) + unit.cents
    return sums


def _filled(own: Key, lacking: tuple[int, ...], values: Key) -> Key:
    given = dict(zip(lacking, values, strict=True))
    return tuple(given.get(index, value) for index, value in enumerate(own))


class _Candidates:
    """Claims indexed by the keys that a unit of spend happens to name, each index made once when first needed."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._claims = claims
        self._indexes: dict[tuple[tuple[int, ...], tuple[int, ...]], dict[Key, dict[Key, int]]] = {}

    def weights(self, match: Key, lacking: tuple[int, ...]) -> dict[Key, int]:
        """Leads by their values of the lacking dimensions, among the leads that agree with every key in `match`."""
        named = tuple(index for index, value in enumerate(match) if value is not None)
        if (named, lacking) not in self._indexes:
            self._indexes[named, lacking] = self._index(named, lacking)
        return self._indexes[named, lacking].get(tuple(match[index] for index in named), {})

    def _index(self, named: tuple[int, ...], lacking: tuple[int, ...]) -> dict[Key, dict[Key, int]]:
        index: dict[Key, dict[Key, int]] = {}
        for claim in self._claims:
            weights = index.setdefault(tuple(claim.match[position] for position in named), {})
            values = tuple(claim.values[position] for position in lacking)
            weights[values] = weights.get(values, 0) + claim.leads
        return index
