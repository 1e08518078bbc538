"""When to ask again, and when not any more. Pure."""

import random
from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
KEPT_BY_PROVIDERS = timedelta(days=90)
"""As long a lead can be asked for; afterwards its provider has deleted it."""

EXPIRED = "expired_at_the_provider"


def pause_after(failures: int, *, jitter: random.Random) -> timedelta:
    """Doubles with each failure in a row, to an hour at most, less up to a half by chance."""
    full = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 12))
    return full * jitter.uniform(0.5, 1)


def is_too_late(received_at: datetime, now: datetime) -> bool:
    """Whether the provider has deleted what it announced."""
    return now - received_at > KEPT_BY_PROVIDERS
