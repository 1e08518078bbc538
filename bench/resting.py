"""What the processes hold in memory while nobody asks anything of them."""

import time

from bench.report import Report
from bench.stack import Stack

LIMIT_MB = 120


def memory(stack: Stack, report: Report) -> None:
    """Resident memory of each of the six processes after a few quiet seconds, and what it comes to when pages that
    several share, since they were forked from one, are divided among these."""
    time.sleep(5)
    for name, process in stack.processes().items():
        held = process.memory_full_info()
        used, own = held.rss / 1e6, held.pss / 1e6
        report.add(
            f"memory at rest, {name}",
            f"{used:.0f} MB (shared pages divided: {own:.0f} MB)",
            target=f"under {LIMIT_MB} MB",
            met=used < LIMIT_MB,
        )
