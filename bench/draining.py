"""Many submissions that waited while crm-core was away, handed on: how quickly, and how accepting fares meanwhile."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.accepting import QUIET, Runs, cpu_seconds, make_source
from bench.load import at_rate, share
from bench.report import Report
from bench.stack import Stack

WAITING = int(os.environ.get("LEADFLOW_BENCH_WAITING", "20000"))
QUIET_S = 8.0
LOOK_EVERY_S = 0.5
LONGEST_S = 600.0


def measure(stack: Stack, report: Report) -> None:
    """`WAITING` submissions: the first half is drained alone, the rest while forms come on at half of what the door
    takes at most, as they did before while nothing was drained."""
    with stack.client("intake") as client:
        door = Runs(make_source(stack), stack.process("lead_intake.app"))
        with stack.frozen(*QUIET):
            _fill(client, door)
            offered = door.per_second / 2
            quiet = _accepted(door.url, offered, seconds=QUIET_S, first=700_000_000)
        half = _waiting(client) // 2
        _alone(stack, client, report, until=half)
        with ThreadPoolExecutor(1) as other:
            seconds = max(QUIET_S, half / 2000)
            busy = other.submit(_accepted, door.url, offered, seconds=seconds, first=800_000_000)
            _whole(client, report)
            _compare(report, offered, quiet, busy.result())


def _fill(client: httpx.Client, door: Runs) -> None:
    """Once at least, whatever waits already: the runs say how much the door takes."""
    door.run(first=100_000_000)
    while _waiting(client) < WAITING:
        door.run(first=100_000_000 * (len(door.runs) + 1))


def _accepted(url: str, rate: float, *, seconds: float, first: int) -> tuple[float, float]:
    """Answers a second, and the p99 of their lateness in seconds."""
    began = time.perf_counter()
    late = at_rate(url, rate, seconds=seconds, first=first)
    return len(late) / (time.perf_counter() - began), share(late, 0.99)


def _alone(stack: Stack, client: httpx.Client, report: Report, *, until: int) -> None:
    worker = stack.process("lead_intake.worker")
    before = _waiting(client)
    began, cpu_s = time.perf_counter(), cpu_seconds(worker)
    left = before
    while left > until and time.perf_counter() - began < LONGEST_S:
        time.sleep(LOOK_EVERY_S)
        left = _waiting(client)
    rate = (before - left) / (time.perf_counter() - began)
    each_us = (cpu_seconds(worker) - cpu_s) / max(1, before - left) * 1e6
    report.add(
        f"submissions delivered, of {before:,} that waited",
        f"{rate:,.0f}/s",
        target="at least 1,000/s",
        met=rate >= 1000,
    )
    report.add("the worker's processor time for each", f"{each_us:.0f} µs", target="under 500 µs", met=each_us < 500)


def _whole(client: httpx.Client, report: Report) -> None:
    began = time.perf_counter()
    while left := _waiting(client):
        if time.perf_counter() - began > LONGEST_S:
            break
        time.sleep(LOOK_EVERY_S)
    took = time.perf_counter() - began
    report.add("until the rest and all that came meanwhile is delivered", f"{took:,.0f} s, {left:,} left", met=not left)


def _compare(report: Report, offered: float, quiet: tuple[float, float], busy: tuple[float, float]) -> None:
    ratio = busy[0] / quiet[0]
    report.add(
        f"accepting {offered:,.0f}/s while draining / while nothing is",
        f"{ratio:.2f} (p99 {busy[1] * 1000:,.0f} ms / {quiet[1] * 1000:,.0f} ms)",
        target="at least 0.9",
        met=ratio >= 0.9,
    )


def _waiting(client: httpx.Client) -> int:
    answer = client.get("/v1/submissions", params={"status": "ready", "limit": 1, "include_total": "true"})
    return int(answer.raise_for_status().json()["total"])
