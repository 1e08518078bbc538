"""Waiting for real processes: by looking again until a deadline, never by sleeping a guessed time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T], within_s: float = 20, what: str = "it") -> T:
    """The first true answer of `look`; fails with the last one when none came in time."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s:g} s; last seen: {seen!r}"
        time.sleep(0.05)
    return seen


def alive(pid: int) -> bool:
    """Whether the process runs; one that waits for its parent to take note of its end does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
