"""When a webhook is tried again, and what it wants to be told of. Pure."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

OVERLAP = timedelta(hours=24)
"""For so long after a rotation the former secret signs too."""

TRIED_FOR = timedelta(days=3)
IN_ORDER = 4
"""So many failures of one event hold back the later ones; then it steps aside, and is tried again by itself."""

DELAYS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200)
LONGEST_RETRY_AFTER_S = 3600.0
GONE = 410


def pause_after(failures: int, *, jitter: random.Random, retry_after_s: float | None = None) -> timedelta:
    """The pause after so many failures in a row, a fifth more or less by chance; longer where the endpoint asks."""
    delay = DELAYS_S[min(failures, len(DELAYS_S)) - 1] * jitter.uniform(0.8, 1.2)
    return timedelta(seconds=max(delay, min(retry_after_s or 0.0, LONGEST_RETRY_AFTER_S)))


def matches(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether an event has, for every field that is named, one of the values that are listed."""
    return all(data.get(name) in values for name, values in wanted.items())
