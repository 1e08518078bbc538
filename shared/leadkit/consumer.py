"""The reading end of a feed: pages by long polling, handled once each.

The position is stored in the transaction of what the events caused, so after a crash the same events come again and
change nothing. One copy reads a feed at a time; the others wait for its lease.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from prometheus_client import Counter
from sqlalchemy import Boolean, Column, DateTime, String, Table, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.client import PeerUnavailable, ServiceClient
from leadkit.cloudevents import CloudEvent
from leadkit.db import Database, metadata
from leadkit.ids import new_id
from leadkit.leases import acquire, held, release
from leadkit.waiting import pause

PAGE = 1000
POLL_MS = 10_000
LEASE_S = 30

log = structlog.get_logger()
consumed_total = Counter("leadflow_events_consumed_total", "Events handled", ["feed"])

positions = metadata()

feed_position = Table(
    "feed_position",
    positions,
    Column("feed", String(60), primary_key=True),
    Column("last_event_id", String(100), nullable=False),
    Column("event_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
    Column("behind", Boolean, nullable=False),
)

Handle = Callable[[AsyncSession, list[CloudEvent]], Awaitable[None]]


class FeedConsumer:
    """Follows one feed of a peer and hands its events to `handle`, in order, each page in one transaction."""

    def __init__(
        self, db: Database, client: ServiceClient, *, name: str, handle: Handle, types: tuple[str, ...] = ()
    ) -> None:
        self._db = db
        self._client = client
        self.name = name
        self._handle = handle
        self._types = types
        self._holder = new_id()

    @property
    def _lease(self) -> str:
        return f"feed:{self.name}"

    async def run(self, stop: asyncio.Event) -> None:
        """Reads until `stop` is set; an answer being waited for is given up then."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                step = asyncio.create_task(self._step())
                await asyncio.wait({step, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    step.cancel()
                    await asyncio.gather(step, return_exceptions=True)
                    return
                if not step.result():
                    await pause(stop, 1)
        finally:
            stopped.cancel()
            async with self._db.transaction(role="worker") as session:
                await release(session, self._lease, self._holder)

    async def _step(self) -> bool:
        async with self._db.transaction(role="worker") as session:
            mine = await acquire(session, self._lease, self._holder, LEASE_S)
        if not mine:
            return False
        try:
            await self.read_page(timeout_ms=POLL_MS)
        except PeerUnavailable as error:
            log.warning("feed_not_reached", feed=self.name, error=str(error))
            return False
        return True

    async def read_page(self, *, timeout_ms: int = 0) -> int:
        """Handles the next page; answers how many events it had."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            last = await session.scalar(select(feed_position.c.last_event_id).where(feed_position.c.feed == self.name))
        asked = {"timeout": timeout_ms, "limit": PAGE, "lastEventId": last, "type": ",".join(self._types)}
        page, following = await self._client.get_page(
            "/v1/events", params={key: value for key, value in asked.items() if value}, timeout_s=timeout_ms / 1000 + 10
        )
        events = [CloudEvent.model_validate(event) for event in page]
        told = following.params.get("lastEventId") if following else None
        if not events:
            await self._caught_up(last, told or last)
        else:
            await self._take_in(events, told or events[-1].id)
            consumed_total.labels(self.name).inc(len(events))
        return len(events)

    async def _take_in(self, events: list[CloudEvent], place: str) -> None:
        async def work(session: AsyncSession) -> None:
            if not await held(session, self._lease, self._holder) and not await acquire(
                session, self._lease, self._holder, LEASE_S
            ):
                raise PeerUnavailable(f"another copy reads {self.name} now")
            await self._handle(session, events)
            behind = len(events) == PAGE
            await set_position(session, self.name, place, events[-1].time, now=clock.now(), behind=behind)

        await self._db.retrying(work, role="worker")

    async def _caught_up(self, last: str | None, place: str | None) -> None:
        """Nothing for us between the two: what was passed over is not looked at again. Before the first event nothing
        is kept, and a copy that slept meanwhile moves nobody back."""
        async with self._db.transaction(role="worker") as session:
            await session.execute(
                update(feed_position)
                .where(feed_position.c.feed == self.name, feed_position.c.last_event_id == last)
                .values(last_event_id=place, read_at=clock.now(), behind=False)
            )


async def set_position(
    session: AsyncSession,
    name: str,
    last_event_id: str,
    event_at: datetime,
    *,
    now: datetime,
    behind: bool = False,
) -> None:
    """From where the feed is read next; also used after a rebuild from snapshots."""
    statement = insert(feed_position).values(
        feed=name, last_event_id=last_event_id, event_at=event_at, read_at=now, behind=behind
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[feed_position.c.feed],
            set_={name: statement.excluded[name] for name in ("last_event_id", "event_at", "read_at", "behind")},
        )
    )


def lag_s(*, read_at: datetime, event_at: datetime, behind: bool, now: datetime) -> float:
    """Seconds by which what was read may be older than the feed: the age of the last event while more are waiting,
    else only the time past the longest poll without a word from the reader."""
    if behind:
        return max(0.0, (now - event_at).total_seconds())
    return max(0.0, (now - read_at).total_seconds() - POLL_MS / 1000 - 1)
