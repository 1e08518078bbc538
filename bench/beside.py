"""What else the door takes in, and what it takes in while other things go on: other channels, crm-core stopped, a
hundred thousand submissions being delivered."""

import time
from collections.abc import Callable

from leadkit.embedded import Cluster

from bench import people
from bench.accepting import QUIET, SECONDS, Runs, make_source, pinned
from bench.load import Body, at_rate, saturate, share
from bench.report import Report
from bench.stack import Stack

WAITING = 100_000
FORM = "application/x-www-form-urlencoded"
STEADY = 300
"""Forms a second beside the delivery: what a campaign brings, and what two cores have left."""

CHANNELS: tuple[tuple[str, str, str, dict[str, str], str, Body, str], ...] = (
    ("forms of page builders", "form", "generic", {}, "", people.page, FORM),
    ("calls (MANGO OFFICE)", "call", "mango_office", {"vpbx_api_key": people.KEY, "vpbx_api_salt": people.SALT},
     "/events/summary", people.call, FORM),
    ("e-mails", "email", "email", {}, "", people.letter, "message/rfc822"),
)  # fmt: skip


def channels(stack: Stack, report: Report) -> None:
    """Each channel alone, under the same conditions as the forms."""
    for name, channel, provider, secrets, rest, body, kind in CHANNELS:
        door = Runs(make_source(stack, channel, provider, secrets) + rest, stack.process("lead_intake.app"))
        with stack.frozen(*QUIET), pinned(stack):
            door.run(first=200_000_000, body=body, kind=kind)
        report.add(f"{name} accepted durably", door.told() + (f", {door.failed} failed" if door.failed else ""))


def without_core(stack: Stack, report: Report) -> None:
    """Forms while crm-core takes what is delivered, and while it stands still and the worker tries in vain."""
    door, app = make_source(stack), stack.process("lead_intake.app")
    running, stopped = Runs(door, app), Runs(door, app)
    with stack.frozen("analytics.app", "analytics.worker"):
        for number in range(2):
            running.run(first=300_000_000 + 10_000_000 * number)
            with stack.frozen("crm_core.app", "crm_core.worker"):
                stopped.run(first=350_000_000 + 10_000_000 * number)
    ratio = stopped.per_second / running.per_second
    report.add(
        "accepting, crm-core stopped / running", f"{ratio:.2f}", target="at least 0.9",
        met=ratio >= 0.9 and stopped.failed == 0,
    )  # fmt: skip


def backlog(stack: Stack, report: Report) -> None:
    """Forms at a steady rate, alone and while a hundred thousand submissions are delivered."""
    door = make_source(stack)
    with stack.frozen("analytics.app", "analytics.worker"):
        with stack.frozen("lead_intake.worker", "crm_core.app", "crm_core.worker"):
            _fill(stack, door)
            alone = _steady(door, 500_000_000)
        left = _ready(stack)
        beside = _steady(door, 600_000_000)
        drained = left - _ready(stack)
    slower = beside[0] / alone[0]
    report.add(
        f"accepting at {STEADY}/s while {left:,} wait for delivery / alone", f"{slower:.2f}", target="at least 0.9",
        met=slower >= 0.9,
    )  # fmt: skip
    report.add("the same, p99 alone and beside", f"{alone[1] * 1000:.0f} ms, {beside[1] * 1000:.0f} ms")
    report.add("delivered meanwhile", f"{drained / SECONDS:,.0f}/s")


def _steady(door: str, first: int) -> tuple[float, float]:
    """Forms answered a second at the steady rate, and their p99."""
    began = time.perf_counter()
    latencies = at_rate(door, STEADY, seconds=SECONDS, first=first)
    return len(latencies) / (time.perf_counter() - began), share(latencies, 0.99)


def _fill(stack: Stack, door: str) -> None:
    """Lets so many forms wait."""
    number = 400_000_000
    while _ready(stack) < WAITING:
        number += saturate(door, seconds=SECONDS, first=number).answered + 1000


def _ready(stack: Stack) -> int:
    count = "SELECT count(*) FROM submission WHERE status = 'ready'"
    return int(Cluster.at(stack.folder).run_sql(count, database="leadflow_intake"))


PARTS: tuple[tuple[str, Callable[[Stack, Report], None]], ...] = (
    ("channels", channels),
    ("without_core", without_core),
    ("backlog", backlog),
)
