"""The serving end of a feed: HTTP Feeds with CloudEvents batches and long polling.

A waiting request holds no database session: one watcher a process looks at the highest position while somebody waits.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from leadkit.cloudevents import BATCH_TYPE, CloudEvent, event_id, position_of
from leadkit.contracts.common import written
from leadkit.db import Database, Role
from leadkit.edge import Allow, EdgeRoute
from leadkit.outbox import feed, feed_counter
from leadkit.problems import Invalid, Malformed, problems
from leadkit.tokens import Caller

LOOK_EVERY_S = 0.05
AWAY_S = 0.5
LONGEST_WAIT_MS = 30_000

log = structlog.get_logger()


class FeedWatcher:
    """Knows the highest position of this process's feed, and wakes whoever waits for a higher one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._moved = asyncio.Condition()
        self._waiting = 0
        self.closing = False
        self.position = 0

    async def watch(self) -> None:
        """Looks while somebody waits; runs until cancelled."""
        while True:
            try:
                async with self._db.watching("worker") as connection:
                    while True:
                        if self._waiting:
                            await self._look(connection)
                        await asyncio.sleep(LOOK_EVERY_S)
            except Exception as error:
                log.warning("feed_not_watched", error=type(error).__name__)
                await asyncio.sleep(AWAY_S)

    async def _look(self, connection: AsyncConnection) -> None:
        highest = await highest_position(connection)
        if highest > self.position:
            self.position = highest
            async with self._moved:
                self._moved.notify_all()

    async def wait_beyond(self, position: int, seconds: float) -> None:
        """Returns when the feed has gone beyond `position`, when the time is over, or when the process ends."""
        if self.closing:
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.position > position or self.closing)
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Lets everybody go who waits."""
        self.closing = True
        async with self._moved:
            self._moved.notify_all()


async def highest_position(session: AsyncSession | AsyncConnection) -> int:
    """The position of the newest event in the feed."""
    return int(await session.scalar(select(feed_counter.c.position).where(feed_counter.c.id == 1)) or 0)


Shown = Callable[[Caller], ColumnElement[bool]]
"""Which events of its workspace a caller may see."""


def everything(_: Caller) -> ColumnElement[bool]:
    """Whoever may read the feed reads all of it."""
    return true()


def feed_router(types: tuple[str, ...], shown: Shown = everything) -> APIRouter:
    """`GET /v1/events` over this service's feed; `types` are the event types it may hold."""
    router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["events"])

    @router.get(
        "/events",
        response_class=Response,
        responses={
            200: {"content": {BATCH_TYPE: {"schema": {"type": "array", "items": CloudEvent.model_json_schema()}}}},
            **problems(Malformed),
        },
    )
    async def events_list(
        request: Request,
        caller: Annotated[Caller, Allow("events:read", workspace=False)],
        last_event_id: Annotated[str | None, Query(alias="lastEventId", max_length=100)] = None,
        timeout: Annotated[int, Query(ge=0, le=LONGEST_WAIT_MS, description="Wait for events, in ms")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        type: Annotated[str | None, Query(max_length=1000, description="Event types, separated by commas")] = None,
    ) -> Response:
        """Read the feed: events after `lastEventId`, oldest first, held open while there is none."""
        position = position_named(last_event_id)
        page = page_after(position, caller, types_named(type, types), limit).where(shown(caller))
        found = await _read_or_wait(request, caller, page, position, timeout / 1000)
        body = orjson.dumps([as_cloud_event(row, request.app.state.feed_source) for row in found])
        return Response(body, media_type=BATCH_TYPE)

    return router


async def _read_or_wait(
    request: Request, caller: Caller, page: Select[Any], position: int, seconds: float
) -> list[Row[Any]]:
    """The page, at once or as soon as it has a row; between looks no session is held."""
    watcher: FeedWatcher = request.app.state.feed_watcher
    until = time.monotonic() + seconds
    while True:
        seen = max(position, watcher.position)
        rows = await read_page(request.app.state.database, caller, page)
        left = until - time.monotonic()
        if rows or left <= 0 or watcher.closing:
            return rows
        await watcher.wait_beyond(seen, left)


async def read_page(db: Database, caller: Caller, page: Select[Any]) -> list[Row[Any]]:
    """The rows of `page_after`, in a transaction of their own."""
    role: Role = "worker" if caller.workspace_id is None else "app"
    async with db.transaction(caller.workspace_id, role=role, read_only=True) as session:
        return list((await session.execute(page)).all())


def page_after(position: int, caller: Caller, types: Sequence[str], limit: int) -> Select[Any]:
    """The events behind `position` in the caller's workspace, oldest first; no types: all."""
    page = select(feed).where(feed.c.position > position).order_by(feed.c.position).limit(limit)
    if caller.workspace_id is not None:
        page = page.where(feed.c.workspace_id == caller.workspace_id)
    return page.where(feed.c.type.in_(types)) if types else page


def position_named(last_event_id: str | None) -> int:
    """The place that an event id names; raises `Malformed`."""
    try:
        return position_of(last_event_id)
    except ValueError:
        raise Malformed("lastEventId is not the id of an event of this feed.") from None


def types_named(written: str | None, types: Sequence[str]) -> list[str]:
    """The event types in a parameter, separated by commas; raises `Invalid` for one there is not."""
    wanted = [name.strip() for name in (written or "").split(",") if name.strip()]
    for name in wanted:
        if name not in types:
            raise Invalid.at("/type", f"is one or more of {', '.join(types)}")
    return wanted


def as_cloud_event(row: Row[Any], source: str) -> dict[str, Any]:
    """A row of the feed as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": event_id(row.position, row.event_id),
        "source": source,
        "type": row.type,
        "subject": str(row.subject),
        "time": written(row.at),
        "workspaceid": str(row.workspace_id),
        "requestid": row.request_id,
        "traceparent": row.traceparent,
        "datacontenttype": "application/json",
        "data": row.data,
    }
