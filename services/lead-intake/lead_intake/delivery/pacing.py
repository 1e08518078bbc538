"""How fast delivery goes while forms come in: the door comes first. Pure."""

from typing import NamedTuple

BATCH = 500
SMALL_BATCH = 100
"""In a rush: a large one keeps the machine for a third of a second, and every form that comes meanwhile waits."""

LEAST = 0.1
"""The share of the time that delivery takes even in the greatest rush."""

LONGEST_REST_S = 1.0
RUSH = 3000
"""Forms a second with which the door and its database need one of two cores, and their senders the rest."""

WINDOW_S = 1.0
"""Over which arrivals are counted."""


class Pace(NamedTuple):
    """How many inquiries are sent at once, and which share of the time delivery works."""

    batch: int
    share: float

    def rest_s(self, took_s: float) -> float:
        """How long to rest after a batch that took so long. Never longer than a second, so a small batch goes out at
        least every second, whatever comes in."""
        return min(LONGEST_REST_S, took_s * (1 / self.share - 1))


def pace_at(arriving: float, *, rush: int) -> Pace:
    """At so many forms a second: without rest up to a third of a rush, from there on less and less."""
    share = min(1.0, max(LEAST, 1.5 * (1 - arriving / rush)))
    return Pace(BATCH if share == 1 else SMALL_BATCH, share)
