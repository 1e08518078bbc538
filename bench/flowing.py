"""How quickly what came in is seen: projection, and the whole way from the door to the funnel."""

import threading
import time

import httpx

from bench import people
from bench.accepting import make_source
from bench.load import share
from bench.report import Report
from bench.stack import Stack

RATE = 100
SECONDS = 30
QUIET_S = 3
LOOK_EVERY_S = 0.05


def projecting(stack: Stack, report: Report) -> None:
    """Events that waited in the feeds, taken into facts and cells: how many a second."""
    first = sum(_positions(stack).values())
    began = ended = time.perf_counter()
    last = first
    while time.perf_counter() - ended < QUIET_S:
        time.sleep(0.1)
        if (now := sum(_positions(stack).values())) > last:
            last, ended = now, time.perf_counter()
    rate = (last - first) / (ended - began)
    report.add("events projected", f"{rate:,.0f}/s ({last - first:,} events)", target="10,000/s in the end")


def _positions(stack: Stack) -> dict[str, int]:
    """How far analytics has read each feed, by position."""
    with stack.client("analytics") as client:
        return {feed["feed"]: feed["position"] for feed in client.get("/readyz").json()["feeds"]}


def freshness(stack: Stack, report: Report) -> None:
    """Forms at a steady 100 a second: how long until each is counted in the funnel."""
    door = make_source(stack)
    sent: list[float] = []
    stop = threading.Event()
    with stack.client("analytics") as client:
        start = _leads(client)
        sender = threading.Thread(target=_send_steadily, args=(door, sent, stop))
        sender.start()
        late: list[float] = []
        deadline = time.perf_counter() + SECONDS + 60
        while len(late) < RATE * SECONDS and time.perf_counter() < deadline:
            counted = _leads(client) - start
            now = time.perf_counter()
            late += [now - moment for moment in sent[len(late) : counted]]
            time.sleep(LOOK_EVERY_S)
        stop.set()
        sender.join()
    late.sort()
    p50, p99 = share(late, 0.5), share(late, 0.99)
    complete = len(late) == RATE * SECONDS
    report.add(
        "submission to funnel at 100/s, p50 and p99",
        f"{p50 * 1000:.0f} ms, {p99 * 1000:.0f} ms" + ("" if complete else f" ({len(late)} of {RATE * SECONDS} seen)"),
        target="p99 under 1 s",
        met=complete and p99 < 1,
    )


def _send_steadily(door: str, sent: list[float], stop: threading.Event) -> None:
    began = time.perf_counter()
    with httpx.Client(trust_env=False) as client:
        for number in range(RATE * SECONDS):
            if stop.is_set():
                return
            due = began + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            sent.append(time.perf_counter())
            client.post(
                door, content=people.form(950_000_000 + number), headers={"Content-Type": "application/json"}
            ).raise_for_status()


def _leads(client: httpx.Client) -> int:
    """The funnel's count of leads, asked for alone: the whole funnel ten times a second would be the load itself."""
    answer = client.get("/v1/query", params={"metrics": "leads", "basis": "cohort"})
    return int(answer.raise_for_status().json()["totals"]["leads"])
