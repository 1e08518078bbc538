"""Whose turn it is, given how many leads each was given so far: equally, or by weight. Pure."""

from collections.abc import Iterable, Mapping
from uuid import UUID

Counts = Mapping[UUID, int]


def present_counts(given: Counts, present: Iterable[UUID], weights: Counts | None = None) -> dict[UUID, int]:
    """The counts among those present now. Who left is forgotten; who joins, or comes back, starts where the one with
    the fewest (for their weight) stands: no flood to catch up, no pause either."""
    here = list(present)
    weights = weights or {}
    stayed = {user: given[user] for user in here if user in given}
    lowest = min((count / weights.get(user, 1) for user, count in stayed.items()), default=0)
    return {user: stayed[user] if user in stayed else int(lowest * weights.get(user, 1)) for user in here}


def next_in_turn(counts: Counts, weights: Counts | None = None) -> UUID:
    """Who of those counted gets the next lead; there must be somebody.

    Without weights the one with the fewest, the smaller id among equals: counts that differ by at most 1 stay so. With
    weights, after any number of leads nobody is a whole lead away from their share: of those who may have one more
    without running ahead of it, the one who would first be behind (R. Tijdeman, "The chairman assignment problem",
    Discrete Mathematics 32, 1980)."""
    if not weights or len(counts) == 1:
        return min(counts, key=lambda user: (counts[user], user))
    total = sum(weights.get(user, 1) for user in counts)
    turn = sum(counts.values()) + 1
    slack = 2 * len(counts) - 2
    due = [
        user
        for user, count in counts.items()
        if (weights.get(user, 1) * turn - count * total) * slack >= total  # behind by 1/slack of a lead at least
    ]
    return min(
        due or counts, key=lambda user: (((counts[user] + 1) * slack - 1) / (slack * weights.get(user, 1)), user)
    )
