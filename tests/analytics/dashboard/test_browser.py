"""The dashboard in a real browser: on a desk, on a phone, in the dark, by keyboard."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from leadkit.testing.services import RunningService, token_for
from playwright.async_api import Browser, BrowserContext, Page

from tests.analytics.conftest import Books
from tests.browser import served

pytestmark = pytest.mark.xdist_group("browser")

APRIL = "from=2026-04-01&until=2026-04-30"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True}

WATCHED = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

POOR = """() => {
  const number = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = number(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const said = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!said || element.closest("svg, .hidden, .skip") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(number(style.color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) poor.push(`${element.className} ${element.textContent.trim()} ${contrast}`);
  }
  return poor;
}"""
"""Text whose contrast is below WCAG 2.2 AA (1.4.3)."""

UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, button, a, nav, "
    + "section, [role=region], [role=img]")].filter((element) => element.checkVisibility()).filter((element) => {
  const by = element.getAttribute("aria-labelledby");
  const label = element.getAttribute("aria-label") || (by && document.getElementById(by)?.textContent)
    || (element.labels && element.labels[0]?.textContent) || element.textContent;
  return !label.trim();
}).map((element) => element.outerHTML.slice(0, 100))"""
"""What a screen reader could not call by a name."""


def picture(name: str) -> str | None:
    """Where a screenshot goes when somebody wants to look: `LEADFLOW_SCREENSHOTS` names the folder."""
    folder = os.environ.get("LEADFLOW_SCREENSHOTS")
    return str(Path(folder) / f"dashboard-{name}.png") if folder else None


class Visit:
    """A browser at the dashboard, and what its page complains of."""

    def __init__(self, context: BrowserContext, page: Page, address: str) -> None:
        self.context, self.page, self.address = context, page, address
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._foreign(request.url))

    def _foreign(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.complaints.append(f"asks {url}")

    async def is_well_made(self, name: str) -> None:
        """Nothing shifts, complains, is hard to read, has no name, or is wider than the window."""
        if where := picture(name):
            await self.page.screenshot(path=where, full_page=True)
        assert await self.page.evaluate(POOR) == []
        assert await self.page.evaluate(UNNAMED) == []
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await self.page.evaluate("window.shifted") == 0
        assert self.complaints == []


@pytest_asyncio.fixture(scope="module")
async def address(running_analytics: RunningService) -> AsyncIterator[str]:
    async with served(running_analytics.app.state.front) as address:
        yield address


@pytest_asyncio.fixture
async def visits(browser: Browser, address: str) -> AsyncIterator[Any]:
    """Makes visits, each of a browser of its own."""
    contexts: list[BrowserContext] = []

    async def make(**options: Any) -> Visit:
        context = await browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        await context.add_init_script(WATCHED)
        return Visit(context, await context.new_page(), address)

    yield make
    for context in contexts:
        await context.close()


async def enter(visit: Visit, shop: Books, query: str) -> None:
    await visit.page.goto(f"{visit.address}/?{query}")
    await visit.page.fill("#token", token_for(shop.workspace_id, "analyst"))
    await visit.page.click("button.primary")
    await visit.page.locator(".figures").wait_for()


async def test_on_a_desk_by_keyboard_and_by_mouse(shop: Books, visits: Any) -> None:
    visit: Visit = await visits(**DESK, locale="en-US")
    page = visit.page
    await page.goto(f"{visit.address}/?{APRIL}&lang=en")
    await visit.is_well_made("sign-in")
    # The way in by keyboard: skip link, two languages, then the token.
    for _ in range(4):
        await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "token"
    await page.keyboard.insert_text("wrong")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    visit.complaints.clear()  # the browser itself tells of the 401
    await page.fill("#token", token_for(shop.workspace_id, "analyst"))
    await page.keyboard.press("Enter")
    await page.locator(".figures").wait_for()
    assert page.url == f"{visit.address}/?{APRIL}&lang=en"
    await visit.is_well_made("desk")
    assert await page.evaluate("document.cookie") == ""
    # The focus can be seen, and the skip link leads past the head.
    await page.keyboard.press("Tab")
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
    # Tables are sorted by their heads, which say so.
    sources = page.locator("section[aria-labelledby=h-sources]")
    await sources.get_by_role("button", name="Leads").click()
    assert await sources.locator("[aria-sort=descending]").inner_text() == "Leads"
    assert await sources.locator("tbody th").first.inner_text() == "yandex"
    await sources.get_by_role("button", name="Source").press("Enter")
    assert await sources.locator("tbody th").first.inner_text() == "bing"
    # A chart's data is one click away.
    async with page.expect_response("**/v1/funnel?**") as found:
        await page.locator("section[aria-labelledby=h-funnel] a", has_text="JSON").click()
    assert (await (await found.value).json())["steps"][2]["entered"] == 5


async def test_filters_make_an_address_that_can_be_kept(shop: Books, visits: Any) -> None:
    visit: Visit = await visits(**DESK, locale="en-US")
    await enter(visit, shop, "lang=en")
    page = visit.page
    await page.select_option("#source", "yandex")
    await page.get_by_role("button", name="Show").click()
    # Dates that nobody touched leave the period what it was called.
    await page.wait_for_url(f"{visit.address}/?period=last_30_days&lang=en&source=yandex")
    await page.fill("#from", "2026-04-02")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**/?lang=en&from=2026-04-02&**")
    assert await page.locator(".figure .value").first.inner_text() == "2"
    await page.get_by_role("button", name="Sign out").click()
    await page.locator("#token").wait_for()
    assert await visit.context.cookies() == []


async def test_on_a_phone_in_russian(shop: Books, visits: Any) -> None:
    visit: Visit = await visits(**PHONE, locale="ru-RU")
    await enter(visit, shop, APRIL)
    assert await visit.page.inner_text("h1") == "Воронка и стоимость лидов"
    await visit.is_well_made("phone")


async def test_in_the_dark_and_on_paper(shop: Books, visits: Any) -> None:
    visit: Visit = await visits(**DESK, color_scheme="dark", locale="en-US")
    await enter(visit, shop, APRIL)
    await visit.is_well_made("dark")
    await visit.page.emulate_media(media="print", color_scheme="dark")
    assert await visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not await visit.page.locator(".filters").is_visible()
    assert await visit.page.evaluate(POOR) == []


async def test_without_script_everything_is_there(shop: Books, visits: Any) -> None:
    visit: Visit = await visits(**DESK, java_script_enabled=False, locale="en-US")
    await enter(visit, shop, APRIL)
    assert await visit.page.locator(".funnel li").count() == 8
    await visit.page.locator("summary").first.click()
    assert await visit.page.get_by_role("columnheader", name="To next (median)").is_visible()
