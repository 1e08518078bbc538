"""How many forms a second the door takes in, durably, against an endpoint that only validates."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from statistics import median
from uuid import uuid4

from bench.load import Throughput, at_rate, saturate, share
from bench.report import Report
from bench.stack import Stack

ROUNDS = 5
SECONDS = 6
QUIET = ("lead_intake.worker", "crm_core.app", "crm_core.worker", "analytics.app", "analytics.worker")


def measure(stack: Stack, report: Report) -> None:
    """Both endpoints on the first core, load and PostgreSQL on the second, in turns; everything else stands still."""
    door = make_source(stack)
    port = _free_port()
    bare = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)])
    try:
        _wait_for(port)
        with stack.frozen(*QUIET), _pinned(stack, bare.pid):
            _compare(door, f"http://127.0.0.1:{port}/form", report)
    finally:
        bare.send_signal(signal.SIGTERM)
        bare.wait(10)


def _compare(door: str, bare: str, report: Report) -> None:
    runs: dict[str, list[Throughput]] = {door: [], bare: []}
    for number in range(ROUNDS):
        for url in (bare, door):
            runs[url].append(saturate(url, seconds=SECONDS, first=100_000_000 * (number + 1)))
    failed = sum(run.failed for run in runs[door])
    doors, bares = ([run.per_second for run in runs[url]] for url in (door, bare))
    ratio = median(doors) / median(bares)
    report.add("forms accepted durably", f"{median(doors):,.0f}/s (min {min(doors):,.0f}, max {max(doors):,.0f})")
    report.add("bare validating endpoint", f"{median(bares):,.0f}/s (min {min(bares):,.0f}, max {max(bares):,.0f})")
    report.add("accepting / bare", f"{ratio:.2f}", target="at least 1.0", met=ratio >= 1.0 and failed == 0)
    latencies = at_rate(door, median(doors) / 2, seconds=SECONDS, first=900_000_000)
    p99 = share(latencies, 0.99) * 1000
    report.add("accepting at half load, p50", f"{share(latencies, 0.5) * 1000:.1f} ms")
    report.add("accepting at half load, p99", f"{p99:.1f} ms", target="under 15 ms", met=p99 < 15)


def make_source(stack: Stack) -> str:
    """A form source without limits that would be in the way; the address of its door."""
    with stack.client("intake") as client:
        made = client.post(
            "/v1/sources",
            json={
                "name": f"Bench {uuid4().hex[:6]}",
                "channel": "form",
                "provider": "generic",
                "settings": {"requests_per_minute": 100_000_000, "requests_per_minute_per_address": 100_000_000},
            },
        )
        return str(made.raise_for_status().json()["inbound_url"])


class _pinned:  # noqa: N801  # reads as the `with` statement it is for
    """The measured servers on the first core, the load and PostgreSQL on the second."""

    def __init__(self, stack: Stack, bare: int) -> None:
        self._servers = [stack.process("lead_intake.app").pid, bare]
        postgres = stack.process("bin/postgres")
        self._others = [0, postgres.pid, *(backend.pid for backend in postgres.children())]

    def __enter__(self) -> None:
        self._place(self._servers, {0})
        self._place(self._others, {1})

    def __exit__(self, *_: object) -> None:
        self._place([*self._servers, *self._others], set(range(os.cpu_count() or 1)))

    def _place(self, pids: list[int], cores: set[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(pid, cores)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the bare endpoint did not start")
