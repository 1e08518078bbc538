"""Round robin as arithmetic: who is next, given how many each was given so far. Pure."""

import heapq
from collections.abc import Mapping, Sequence
from uuid import UUID


def present_counts(given: Mapping[UUID, int], present: Sequence[UUID]) -> dict[UUID, int]:
    """The counts among those present now. Who left is forgotten; who joins, or comes back, starts at the present
    minimum: no flood to catch up, no pause either."""
    stayed = {user: given[user] for user in present if user in given}
    lowest = min(stayed.values(), default=0)
    return {user: stayed.get(user, lowest) for user in present}


def distribute(counts: Mapping[UUID, int], leads: int) -> tuple[list[UUID], dict[UUID, int]]:
    """The owners of the next `leads` leads in order, and the counts afterwards.

    Always the one with the fewest, the smaller id among equals: counts that differ by at most 1 stay so."""
    queue = [(count, user) for user, count in counts.items()]
    heapq.heapify(queue)
    owners = []
    for _ in range(leads if queue else 0):
        count, user = queue[0]
        owners.append(user)
        heapq.heapreplace(queue, (count + 1, user))
    return owners, {user: count for count, user in queue}
