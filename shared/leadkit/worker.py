"""The frame of a worker process: its loops, its heartbeat, and a shutdown that gives everything back."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import acquire, release
from leadkit.parent import end_with_parent
from leadkit.waiting import pause

HEARTBEAT = "worker:"
HEARTBEAT_EVERY_S = 3
HEARTBEAT_TTL_S = 10
LONGEST_PAUSE_S = 10.0

log = structlog.get_logger()
failures_total = Counter("leadflow_worker_failures_total", "Times a loop of the worker failed", ["loop"])

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until its event is set, then ends after the piece of work at hand."""


async def run_worker(db: Database, loops: Sequence[tuple[str, Loop]]) -> None:
    """Runs the named loops until SIGTERM or SIGINT; a loop that fails is started again after a growing pause."""
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)
    end_with_parent()
    log.info("worker_started", loops=[name for name, _ in loops])
    async with asyncio.TaskGroup() as group:
        group.create_task(_forever("heartbeat", _heartbeat(db), stop))
        for name, loop in loops:
            group.create_task(_forever(name, loop, stop))
    log.info("worker_stopped")


async def _forever(name: str, loop: Loop, stop: asyncio.Event) -> None:
    failures = 0
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await loop(stop)
        except Exception as error:
            failures_total.labels(name).inc()
            lasted = asyncio.get_running_loop().time() - began
            failures = 0 if lasted > LONGEST_PAUSE_S else failures + 1
            log.error("worker_loop_failed", loop=name, failures=failures, exc_info=error)
            await pause(stop, min(LONGEST_PAUSE_S, 0.1 * 2**failures))


def _heartbeat(db: Database) -> Loop:
    name, holder = f"{HEARTBEAT}{new_id()}", new_id()

    async def beat(stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with db.transaction(role="worker") as session:
                await acquire(session, name, holder, HEARTBEAT_TTL_S)
            await pause(stop, HEARTBEAT_EVERY_S)
        async with db.transaction(role="worker") as session:
            await release(session, name, holder)

    return beat


async def batch_after_batch(
    db: Database, workspaces: Iterable[UUID], work: Callable[[AsyncSession, UUID], Awaitable[int]], *, size: int
) -> int:
    """Does what is due in these workspaces, each batch in a transaction of its own, until one has fewer than `size`;
    answers how much there was."""
    done = 0
    for workspace_id in workspaces:
        while True:
            async with db.transaction(workspace_id, role="worker") as session:
                batch = await work(session, workspace_id)
            done += batch
            if batch < size:
                break
    return done


def every(seconds: float, work: Callable[[], Awaitable[object]]) -> Loop:
    """A loop that does `work` at once and then every so many seconds."""

    async def repeat(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await work()
            await pause(stop, seconds)

    return repeat


def sparingly(share: float, seconds: float, work: Callable[[], Awaitable[object]]) -> Loop:
    """As `every`, for what is in no hurry: it rests so long that it takes no more than `share` of the time."""

    async def repeat(stop: asyncio.Event) -> None:
        now = asyncio.get_running_loop().time
        while not stop.is_set():
            began = now()
            await work()
            await pause(stop, max(seconds, (now() - began) * (1 / share - 1)))

    return repeat
