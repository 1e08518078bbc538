"""Rate limits announced with the IETF `RateLimit` headers: so many requests a minute for each name."""

from collections.abc import Hashable
from typing import NamedTuple

from leadkit import clock
from leadkit.problems import TooManyRequests

WINDOW_S = 60
MANY_NAMES = 10_000


class Allowance(NamedTuple):
    """What is left of a limit in the present window, and the seconds until the next."""

    limit: int
    left: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`, as the IETF draft writes them."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"default";r={self.left};t={self.reset_s}',
        }


class RateLimiter:
    """Counts per name in fixed windows of a minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._window = 0
        self._taken: dict[Hashable, int] = {}

    def take(self, name: Hashable, *, limit: int | None = None) -> Allowance:
        """Counts one request of `name`; raises `TooManyRequests` past the limit."""
        most = self.per_minute if limit is None else limit
        second = clock.second()
        window, reset_s = second // WINDOW_S, WINDOW_S - second % WINDOW_S
        if window != self._window or len(self._taken) > MANY_NAMES:
            self._window, self._taken = window, {}
        taken = self._taken[name] = self._taken.get(name, 0) + 1
        allowance = Allowance(most, max(0, most - taken), reset_s)
        if taken > most:
            refusal = TooManyRequests(reset_s)
            refusal.headers.update(allowance.headers())
            raise refusal
        return allowance
