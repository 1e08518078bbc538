"""What lies behind the door's keys: looked up once a second, so a change of a source counts at once everywhere."""

import asyncio
import time
from collections.abc import Mapping

from leadkit.db import Database
from leadkit.limits import Allowance, RateLimiter
from leadkit.sealing import Sealer

from lead_intake.providers import provider_named
from lead_intake.providers.base import Provider, SourceView, WireRequest
from lead_intake.sources.queries import OpenSource, source_behind
from lead_intake.sources.rules import page_allowed

REMEMBERED_S = 1.0
PER_ADDRESS_WHERE_BROWSERS_POST = 120


class OpenDoor:
    """A source that is asked for now, with its provider and what it lets in."""

    __slots__ = ("allowed_origins", "enabled", "per_address", "per_minute", "provider", "until", "view")

    def __init__(self, source: OpenSource, until: float) -> None:
        self.view: SourceView = source.view
        self.provider: Provider = provider_named(source.view.provider)
        self.enabled = source.enabled
        self.allowed_origins = source.allowed_origins
        self.until = until
        settings = source.view.settings
        self.per_minute = settings.requests_per_minute
        self.per_address = settings.requests_per_minute_per_address or (
            PER_ADDRESS_WHERE_BROWSERS_POST if self.provider.browsers_post else None
        )

    def lets_in(self, headers: Mapping[str, str]) -> bool:
        """Whether the page that these headers tell of may post."""
        return page_allowed(headers, self.allowed_origins)

    def proves(self, request: WireRequest) -> bool:
        """Whether a request is authentic as far as can be told at once: without asking for a certificate."""
        provider, view = self.provider, self.view
        return provider.certificate_url(request, view) is None and provider.verify(request, view)


class Doors:
    """The doors of this process. A key that opens nothing is asked for again each time."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer
        self._known: dict[str, OpenDoor] = {}
        self._asking: dict[str, asyncio.Task[OpenDoor | None]] = {}
        self._of_sources = RateLimiter(0)
        self._of_addresses = RateLimiter(0)

    def remembered(self, key: str) -> OpenDoor | None:
        """The door, if it was looked up within the last second."""
        door = self._known.get(key)
        return door if door is not None and door.until > time.monotonic() else None

    async def look_up(self, key: str) -> OpenDoor | None:
        """The door as the database knows it now; requests that ask at the same time share one answer."""
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _ask(self, key: str) -> OpenDoor | None:
        source = await source_behind(self._db, key, self._sealer)
        if source is None:
            self._known.pop(key, None)
            return None
        door = self._known[key] = OpenDoor(source, time.monotonic() + REMEMBERED_S)
        return door

    def count(self, door: OpenDoor, address: str | None) -> Allowance:
        """Counts a request; answers the narrower limit, raises `TooManyRequests` past it."""
        allowance = self._of_sources.take(door.view.id, limit=door.per_minute)
        if door.per_address is None:
            return allowance
        return self._of_addresses.take((door.view.id, address), limit=door.per_address)
