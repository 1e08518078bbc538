"""How a service's processes start: the API under uvicorn, the worker under asyncio, both with the same logging."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable

import uvicorn
import uvloop
from fastapi import FastAPI

from leadkit.parent import end_with_parent
from leadkit.schema import SchemaOutdated
from leadkit.settings import ServiceSettings
from leadkit.telemetry import configure_logging

GRACE_S = 3


def serve(app: FastAPI, settings: ServiceSettings, *, service: str) -> None:
    """Serves until SIGTERM; requests being answered then get three seconds. A busy port ends with one sentence."""
    configure_logging(settings.log_level, service=service)
    collect_garbage_in_bites()
    listening = _listen(settings)
    config = uvicorn.Config(
        app.state.front,
        loop="uvloop",
        http=app.state.protocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        date_header=False,
        lifespan="on",
        backlog=2048,
    )
    end_with_parent()
    server = _Server(config, app)
    server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(getattr(app.state, "startup_failure", None) or f"{service} could not start")


def collect_garbage_in_bites() -> None:
    """What was imported stays for ever, so no collection looks at it again. What requests leave behind (statements
    that hold themselves) is looked for often, each time among few objects: every answer waits while it is, 3 ms here,
    20 to 50 ms for ten times as many. What lived longer is looked at seldom: a batch makes some ten thousand objects
    that all live, and Python's own settings cost it a quarter of its time (measured; these cost it 4 %)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 50, 100)


class _Server(uvicorn.Server):
    """Lets waiting feed readers go before the connections are closed."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells the app first: a long poll answers at once with what it has."""
        await self._app.state.before_shutdown()
        await super().shutdown(sockets)


def _listen(settings: ServiceSettings) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError:
        raise SystemExit(f"Port {settings.port} on {settings.host} is already in use.") from None
    listening.listen(2048)
    listening.set_inheritable(True)
    return listening


def run(main: Callable[[], Awaitable[None]], settings: ServiceSettings, *, service: str) -> None:
    """Runs a worker's main function; an outdated schema ends it with one sentence."""
    configure_logging(settings.log_level, service=service)
    collect_garbage_in_bites()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_awaited(main))
    except SchemaOutdated as error:
        raise SystemExit(str(error)) from None


async def _awaited(main: Callable[[], Awaitable[None]]) -> None:
    await main()
