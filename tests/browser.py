"""A real browser for tests: Debian's headless Chromium, which `make test` installs (deploy/develop/browser.sh)."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

EXECUTABLES = ("chromium-headless-shell", "chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run", "--mute-audio",
)  # fmt: skip

Page = tuple[str, Mapping[str, str]]
"""HTML and the headers it is sent with."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, started. Without one the test is skipped with the reason; in CI it fails."""
    executable = next((found for found in map(shutil.which, EXECUTABLES) if found), None)
    if executable is None:
        reason = f"no browser: none of {', '.join(EXECUTABLES)} is installed (deploy/develop/browser.sh does it)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def served(
    app: ASGIApp, *, host: str = "127.0.0.1", protocol: type[asyncio.Protocol] | str = "auto"
) -> AsyncIterator[str]:
    """Serves an app that is started already, behind a real port and in this event loop; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=protocol, log_config=None, lifespan="off", ws="none", server_header=False, date_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listening.close()


class Pages:
    """A site of somebody else: a test puts HTML at paths."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers with the page, or 404."""
        html, headers = self.pages.get(scope["path"], ("", {}))
        told = {"content-type": "text/html; charset=utf-8", **headers}
        encoded = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": 200 if html else 404, "headers": encoded})
        await send({"type": "http.response.body", "body": html.encode()})
