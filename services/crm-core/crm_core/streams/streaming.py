"""An open stream: events as they come, a comment into silence, until the token ends or the process does."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.feed import FeedWatcher, as_cloud_event, page_after, read_page
from leadkit.problems import Unauthenticated
from leadkit.tokens import Caller, KeyRing

from crm_core.access.visibility import concerning
from crm_core.streams.actions import keep_alive
from crm_core.streams.rules import COMMENT, OPENING, Ticket, as_message

PAGE = 100
SILENCE_S = 15.0
KEEP_ALIVE_EVERY_S = 20.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stream is to show: events behind `position` of these types (none: all), to the caller."""

    caller: Caller
    ticket: Ticket | None
    position: int
    types: Sequence[str]


class Streamer:
    """The streams of this process; `open` is how many there are."""

    def __init__(self, db: Database, keys: KeyRing, watcher: FeedWatcher, source: str) -> None:
        self._db = db
        self._keys = keys
        self._watcher = watcher
        self._source = source
        self.open = 0

    async def messages(self, wish: Wish) -> AsyncIterator[bytes]:
        """The stream's bytes. It ends when the token does, or the database goes: the browser then connects again."""
        self.open += 1
        try:
            yield OPENING
            async for message in self._endless(wish):
                yield message
        except Unauthenticated:
            log.info("stream_ended_with_its_token")
        except Exception as error:
            log.warning("stream_broken", error=type(error).__name__)
        finally:
            self.open -= 1

    async def _endless(self, wish: Wish) -> AsyncIterator[bytes]:
        position, kept_alive = wish.position, time.monotonic()
        while not self._watcher.closing:
            self._keys.check(wish.caller)
            if wish.ticket and time.monotonic() - kept_alive > KEEP_ALIVE_EVERY_S:
                await self._keep_alive(wish.ticket)
                kept_alive = time.monotonic()
            seen = self._watcher.position
            page = page_after(position, wish.caller, wish.types, PAGE).where(concerning(wish.caller))
            rows = await read_page(self._db, wish.caller, page)
            for row in rows:
                yield as_message(as_cloud_event(row, self._source))
            if len(rows) == PAGE:
                position = rows[-1].position
                continue
            # Positions become visible in order: up to what was seen before the look, there is nothing more.
            position = max(position, seen, rows[-1].position if rows else 0)
            await self._watcher.wait_beyond(position, SILENCE_S)
            if self._watcher.position <= position:
                yield COMMENT

    async def _keep_alive(self, ticket: Ticket) -> None:
        async with self._db.transaction(ticket.workspace_id) as session:
            await keep_alive(session, ticket, now=clock.now())
