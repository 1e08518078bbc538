"""The serving end of a feed: HTTP Feeds with CloudEvents batches and long polling.

A waiting request holds no database session: one watcher a process looks at the highest position while somebody waits.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Row, Select, Text, select, text, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit.cloudevents import BATCH_TYPE, CloudEvent, event_id, position_of
from leadkit.contracts.common import written
from leadkit.db import Database
from leadkit.edge import Allow, EdgeRoute
from leadkit.ids import NIL
from leadkit.outbox import feed
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

    async def _look(self, connection: Any) -> None:
        highest = await connection.fetchval(HIGHEST_POSITION) or 0
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


HIGHEST_POSITION = "SELECT position FROM feed_counter WHERE id = 1"


async def highest_position(session: AsyncSession) -> int:
    """The position of the newest event in the feed."""
    return int(await session.scalar(text(HIGHEST_POSITION)) or 0)


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
        """Read the feed: events after `lastEventId`, oldest first, held open while there is none.

        `Link` with `rel="next"` says where to go on: also beyond what `type` left out."""
        wish = Wish(caller, types_named(type, types), limit, shown)
        look = await _look_or_wait(request, wish, position_named(last_event_id), timeout / 1000)
        following = request.url.include_query_params(lastEventId=look.next)
        body = orjson.dumps([as_cloud_event(row, request.app.state.feed_source) for row in look.rows])
        link = f'<{following.path}?{following.query}>; rel="next"'
        return Response(body, media_type=BATCH_TYPE, headers={"Link": link})

    return router


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose feed is read, how much of it at once, and which events."""

    caller: Caller
    types: Sequence[str]
    limit: int
    shown: Shown


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found, and up to where it looked: what was left out on the way is not looked at again."""

    rows: Sequence[Row[Any]]
    end: int

    @property
    def next(self) -> str:
        """What to give as `lastEventId` to go on."""
        if self.rows and self.rows[-1].position >= self.end:
            return event_id(self.rows[-1].position, self.rows[-1].event_id)
        return event_id(self.end, NIL)


async def _look_or_wait(request: Request, wish: Wish, position: int, seconds: float) -> Look:
    """The page, at once or as soon as it has a row; between looks no session is held."""
    watcher: FeedWatcher = request.app.state.feed_watcher
    until = time.monotonic() + seconds
    while True:
        look = await _look(request.app.state.database, wish, position)
        left = until - time.monotonic()
        if look.rows or left <= 0 or watcher.closing:
            return look
        await watcher.wait_beyond(look.end, left)
        position = look.end


async def _look(db: Database, wish: Wish, position: int) -> Look:
    """One page behind `position`. Positions become visible in order, so a page that is not full holds all there is up
    to the highest one that was seen before it was read."""
    page = page_after(position, wish.caller, wish.types, wish.limit).where(wish.shown(wish.caller))
    async with _reading(db, wish.caller) as session:
        highest = await highest_position(session)
        rows = list((await session.execute(page)).all())
    last = rows[-1].position if rows else position
    return Look(rows, last if len(rows) == wish.limit else max(last, highest))


async def read_page(db: Database, caller: Caller, page: Select[Any]) -> list[Row[Any]]:
    """The rows of `page_after`, in a transaction of their own."""
    async with _reading(db, caller) as session:
        return list((await session.execute(page)).all())


def _reading(db: Database, caller: Caller) -> AbstractAsyncContextManager[AsyncSession]:
    return db.transaction(caller.workspace_id, role="worker" if caller.workspace_id is None else "app", read_only=True)


AS_WRITTEN = [column if column.key != "data" else type_coerce(column, Text).label("data") for column in feed.c]
"""The columns of an event, its data as the JSON that the database writes: nobody on the way looks into it."""


def page_after(position: int, caller: Caller, types: Sequence[str], limit: int) -> Select[Any]:
    """The events behind `position` in the caller's workspace, oldest first; no types: all."""
    page = select(*AS_WRITTEN).where(feed.c.position > position).order_by(feed.c.position).limit(limit)
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
    """A row of the feed as a CloudEvent, to be written by orjson."""
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
        "data": orjson.Fragment(row.data) if isinstance(row.data, str) else row.data,
    }
