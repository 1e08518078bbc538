"""The frame of an API: health, metrics, problems in one shape, request ids, limits, and OpenAPI that shows them all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadkit import refusals
from leadkit.db import Database, ServiceName
from leadkit.feed import FeedWatcher
from leadkit.health import health_router
from leadkit.issuer import StaffNow, issuer_of
from leadkit.limits import RateLimiter
from leadkit.openapi import describe
from leadkit.problems import TooLarge
from leadkit.schema import SchemaOutdated, check_schema
from leadkit.settings import ServiceSettings
from leadkit.telemetry import RequestTelemetry
from leadkit.tokens import KeyRing

LARGEST_BODY = 10 * 1024 * 1024

log = structlog.get_logger()

Part = Callable[[FastAPI], AsyncIterator[None]]
"""Something that starts and stops with the app: what is before its yield, and what is after."""


def create_app(
    *,
    title: str,
    service: ServiceName,
    settings: ServiceSettings,
    folder: Path,
    routers: Sequence[APIRouter],
    database: Database | None = None,
    parts: Sequence[Part] = (),
    larger_bodies: Mapping[str, int] = MappingProxyType({}),
    staff_now: StaffNow | None = None,
    bodies: Mapping[str, Any] = MappingProxyType({}),
) -> FastAPI:
    """An API with everything the three have in common. `folder` holds the service's migrations; `larger_bodies` names
    the paths that take files, each with its limit in bytes; `staff_now` reads the users whom tokens of another issuer
    may stand for; `bodies` are examples of what calls take, by operation id.

    At start it refuses an old schema; `app.state` carries `settings`, `database`, `keys`, `limiter`, `feed_watcher`.
    """
    db = database or Database.connect(settings, service=service)
    app = FastAPI(title=title, version="1.0.0", lifespan=_lifespan(folder, parts), generate_unique_id_function=_name)
    app.state.front = app  # what the server calls; a service may stand something before the whole application
    app.state.protocol = "httptools"  # what the server speaks; a service may have a shorter way for some requests
    app.state.settings = settings
    app.state.database = db
    app.state.folder = folder
    app.state.keys = KeyRing(db, issuer_of(settings, staff_now))
    app.state.limiter = RateLimiter(settings.requests_per_minute)
    app.state.feed_watcher = FeedWatcher(db)
    app.state.feed_source = f"/{title}"
    app.state.before_shutdown = app.state.feed_watcher.close
    app.include_router(health_router())
    for router in routers:
        app.include_router(router)
    refusals.install(app)
    app.add_middleware(BodyLimit, larger=larger_bodies)
    app.add_middleware(RequestTelemetry)
    describe(app, bodies)
    return app


def _name(route: Any) -> str:
    return str(route.name)


def _lifespan(folder: Path, parts: Sequence[Part]) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        db: Database = app.state.database
        try:
            await check_schema(db, folder)
        except SchemaOutdated as error:
            app.state.startup_failure = str(error)
            raise
        async with AsyncExitStack() as stack:
            stack.push_async_callback(db.close)
            for background in (_refreshed_keys, _watched_feed, *parts):
                await stack.enter_async_context(asynccontextmanager(background)(app))
            yield

    return lifespan


async def _refreshed_keys(app: FastAPI) -> AsyncIterator[None]:
    keys: KeyRing = app.state.keys
    await keys.refresh()
    async with in_background(keys.keep_fresh):
        yield


async def _watched_feed(app: FastAPI) -> AsyncIterator[None]:
    async with in_background(app.state.feed_watcher.watch):
        yield


@asynccontextmanager
async def in_background(work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Runs `work` beside the block and cancels it at its end."""

    async def awaited() -> None:
        await work()

    task = asyncio.create_task(awaited())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class BodyLimit:
    """ASGI middleware: refuses bodies past 10 MiB (or the limit of their path), announced or not, before they are read
    into memory."""

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] = MappingProxyType({})) -> None:
        self.app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what arrives; the refusal is a problem like any other."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken, most = 0, self._larger.get(scope["path"], LARGEST_BODY)

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLarge(f"A body has at most {most} bytes.")
            return message

        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > most:
            await refusals.answer(TooLarge(f"A body has at most {most} bytes."), scope)(scope, receive, send)
            return
        await self.app(scope, counted, send)
