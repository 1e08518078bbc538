"""How many forms a second the door takes in, durably, against an endpoint that only validates."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from uuid import uuid4

import psutil

from bench.load import Body, Throughput, at_rate, saturate, share
from bench.people import form
from bench.report import Report
from bench.stack import Stack

ROUNDS = int(os.environ.get("LEADFLOW_BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("LEADFLOW_BENCH_SECONDS", "6"))
QUIET = ("lead_intake.worker", "crm_core.app", "crm_core.worker", "analytics.app", "analytics.worker")


@dataclass
class Runs:
    """Runs on one endpoint, with the processor time that its process took."""

    url: str
    process: psutil.Process
    runs: list[Throughput] = field(default_factory=list)
    seconds: float = 0.0

    def run(self, *, first: int, seconds: int = SECONDS, body: Body = form, kind: str = "application/json") -> None:
        """Once more, as much as it takes."""
        before = cpu_seconds(self.process)
        self.runs.append(saturate(self.url, seconds=seconds, first=first, body=body, content_type=kind))
        self.seconds += cpu_seconds(self.process) - before

    @property
    def per_second(self) -> float:
        """The middle one of the runs."""
        return median([run.per_second for run in self.runs])

    @property
    def cpu_us(self) -> float:
        """Microseconds of a processor that one request took."""
        return self.seconds / max(1, sum(run.answered for run in self.runs)) * 1e6

    @property
    def failed(self) -> int:
        """Requests that were not answered with success."""
        return sum(run.failed for run in self.runs)

    def told(self) -> str:
        """The middle one and the outer ones."""
        rates = [run.per_second for run in self.runs]
        return f"{self.per_second:,.0f}/s (min {min(rates):,.0f}, max {max(rates):,.0f}; {self.cpu_us:.0f} µs each)"


def measure(stack: Stack, report: Report) -> None:
    """Both endpoints on the first core, load and PostgreSQL on the second, in turns; everything else stands still."""
    door = Runs(make_source(stack), stack.process("lead_intake.app"))
    port = _free_port()
    server = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)])
    try:
        _wait_for(port)
        bare = Runs(f"http://127.0.0.1:{port}/form", psutil.Process(server.pid))
        with stack.frozen(*QUIET), pinned(stack, server.pid):
            _compare(door, bare, report)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def _compare(door: Runs, bare: Runs, report: Report) -> None:
    for number in range(ROUNDS):
        for each in (bare, door):
            each.run(first=100_000_000 * (number + 1))
    ratio = door.per_second / bare.per_second
    report.add("forms accepted durably", door.told())
    report.add("bare validating endpoint", bare.told())
    report.add("accepting / bare", f"{ratio:.2f}", target="at least 1.0", met=ratio >= 1.0 and door.failed == 0)
    report.add("processor time of a bare answer / of an accepted form", f"{bare.cpu_us / door.cpu_us:.2f}")
    latencies = at_rate(door.url, door.per_second / 2, seconds=SECONDS, first=900_000_000)
    p99 = share(latencies, 0.99) * 1000
    report.add("accepting at half load, p50", f"{share(latencies, 0.5) * 1000:.1f} ms")
    report.add("accepting at half load, p99", f"{p99:.1f} ms", target="under 15 ms", met=p99 < 15)


def make_source(
    stack: Stack, channel: str = "form", provider: str = "generic", secrets: dict[str, str] | None = None
) -> str:
    """A source without limits that would be in the way; the address of its door."""
    with stack.client("intake") as client:
        made = client.post(
            "/v1/sources",
            json={
                "name": f"Bench {uuid4().hex[:6]}",
                "channel": channel,
                "provider": provider,
                "secrets": secrets or {},
                "settings": {"requests_per_minute": 100_000_000, "requests_per_minute_per_address": 100_000_000},
            },
        )
        return str(made.raise_for_status().json()["inbound_url"])


@contextlib.contextmanager
def pinned(stack: Stack, *servers: int) -> Iterator[None]:
    """The door and `servers` on the first core, the load and PostgreSQL on the second."""
    postgres = stack.process("bin/postgres")
    others = [0, postgres.pid, *(backend.pid for backend in postgres.children())]
    measured = [stack.process("lead_intake.app").pid, *servers]
    _place(measured, {0})
    _place(others, {1})
    try:
        yield
    finally:
        _place([*measured, *others], set(range(os.cpu_count() or 1)))


def _place(pids: list[int], cores: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.sched_setaffinity(pid, cores)


def cpu_seconds(process: psutil.Process) -> float:
    """What a process has used of a processor since it began."""
    times = process.cpu_times()
    return float(times.user + times.system)


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
