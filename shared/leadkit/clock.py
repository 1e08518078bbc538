"""The time. Code asks here, so a test can set it; nothing sleeps to make time pass."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_set_to: datetime | None = None


def now() -> datetime:
    """The present moment in UTC, or the moment a test has set."""
    return _set_to or datetime.now(UTC)


def second() -> int:
    """The same in whole seconds since 1970."""
    return int(time.time() if _set_to is None else _set_to.timestamp())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """For tests: the clock of this process stands at `moment` inside the block.

    Blocks may lie in each other but not overlap, as those of tasks side by side would: one of them would leave the
    clock standing for good, so that raises and lets it run."""
    global _set_to
    before, _set_to = _set_to, moment
    try:
        yield
    finally:
        overlapped = _set_to is not moment
        _set_to = None if overlapped else before
        if overlapped:
            raise RuntimeError("The clock was set by another task meanwhile.")
