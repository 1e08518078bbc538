"""A landing page of somebody else, lead-intake behind a real port, and a visitor's browser."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from leadkit.testing.services import RunningService
from playwright.async_api import Browser, BrowserContext

from tests.browser import Pages, served

Visitor = Callable[..., Awaitable[BrowserContext]]


@pytest_asyncio.fixture(scope="session")
async def address(running_intake: RunningService) -> AsyncIterator[str]:
    """Where lead-intake is reached."""
    async with served(running_intake.app.state.front) as address:
        yield address


class Site(Pages):
    """The landing page's site, of another origin and another host than lead-intake."""

    address: str

    def page(self, path: str, body: str, *, lang: str = "ru", **headers: str) -> str:
        """Puts a page there; answers its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        html = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Окна</title><body>{body}</body></html>'
        self.pages[path] = (html, named)
        return self.address + path


@pytest_asyncio.fixture(scope="session")
async def running_site() -> AsyncIterator[Site]:
    site = Site()
    async with served(site, host="localhost") as site.address:
        yield site


@pytest.fixture
def site(running_site: Site) -> Site:
    running_site.pages.clear()
    return running_site


@pytest_asyncio.fixture
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Makes a browser of a visitor: own storage, own cookies."""
    contexts: list[BrowserContext] = []

    async def make(**options: Any) -> BrowserContext:
        context = await browser.new_context(**{"viewport": {"width": 390, "height": 844}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        await context.close()


def picture(name: str) -> str | None:
    """Where a screenshot goes when somebody wants to look: `LEADFLOW_SCREENSHOTS` names the folder."""
    folder = os.environ.get("LEADFLOW_SCREENSHOTS")
    return str(Path(folder) / f"{name}.png") if folder else None
