"""What the processes hold in memory while nobody asks anything of them."""

import time

from bench.report import Report
from bench.stack import Stack

LIMIT_MB = 120


def memory(stack: Stack, report: Report) -> None:
    """Resident memory of each of the six processes after a few quiet seconds."""
    time.sleep(5)
    for name, process in stack.processes().items():
        used = process.memory_info().rss / 1e6
        report.add(f"memory at rest, {name}", f"{used:.0f} MB", target=f"under {LIMIT_MB} MB", met=used < LIMIT_MB)
