"""`GET /` as it is sent: what it shows, who may see it, and what is said where there is nothing to show."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from analytics.dashboard.pages import POLICY
from analytics.dashboard.session import COOKIE
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService, token_for

from tests.analytics.conftest import Books
from tests.analytics.spring import ANNA, NOW

APRIL = {"from": "2026-04-01", "until": "2026-04-30", "lang": "en"}


def visible(answer: httpx.Response) -> str:
    """The text of a page as a reader has it: one line, no tags."""
    return re.sub(r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.text.replace("\xa0", " ")))


@pytest_asyncio.fixture
async def reader(shop: Books) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is signed in, as far as HTTP tells."""
    async with shop.service.client() as client:
        token = token_for(shop.workspace_id, "analyst")
        answer = await client.post("/session", data={"token": token, "asked": "", "lang": "en"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        yield client


async def test_the_page_shows_the_numbers_of_its_links(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/", params=APRIL)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    text = visible(answer)
    for said in (
        "Leads 5", "Revenue ₽90,000", "Spend ₽1,600", "Cost per lead ₽320", "Most are lost here: Leads −1 (Дорого)",
        "Every inquiry is accounted for", "yandex", "Анна", "Spend is known for 80% of leads",
    ):  # fmt: skip
        assert said in text, said
    assert len(answer.content) < 120_000
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/v1/[^"]+)"', answer.text)]
    assert len(links) == 16
    for link in links:
        data = await reader.get(link)
        assert data.status_code == 200, link
        assert data.headers["content-type"].startswith("text/csv" if "format=csv" in link else "application/json")


async def test_filters_hold_for_every_part_and_its_data(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/", params=APRIL | {"owner": ANNA, "source": "yandex", "basis": "cohort"})
    assert "Leads 1" in visible(answer)
    for link in re.findall(r'href="(/v1/query[^"]+format=csv)"', answer.text):
        data = await reader.get(link.replace("&amp;", "&"))
        assert data.status_code == 200, data.text
    assert f'value="{ANNA}" selected' in answer.text
    # A named period stays named, so that tomorrow it means other days.
    assert "period=last_30_days" in (await reader.get("/", params={"owner": ANNA})).text


async def test_a_young_cohort_is_not_shown_as_a_decline(reader: httpx.AsyncClient) -> None:
    with clock.at(NOW):
        young = visible(await reader.get("/", params={"from": "2026-04-03", "until": "2026-04-09", "lang": "en"}))
        happened = visible(await reader.get("/", params=APRIL | {"basis": "period"}))
    assert "Revenue ₽0 too early to say" in young
    assert "It is too early to judge sales of leads since 3 Apr 2026." in young
    assert "may change yet" in young
    assert "too early" not in happened
    assert "In italics: fewer than 30 leads" in happened


async def test_who_sold_without_new_leads_is_among_the_managers(reader: httpx.AsyncClient) -> None:
    params = {"from": "2026-04-09", "until": "2026-04-09", "basis": "period", "lang": "en"}
    assert "Анна 0 — — — ₽90,000" in visible(await reader.get("/", params=params))


async def test_a_source_is_text_and_nothing_else(reader: httpx.AsyncClient) -> None:
    hostile = '"><script>alert(1)</script>,;x'
    answer = await reader.get("/", params=APRIL | {"source": hostile})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "There is nothing in this period." in answer.text


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"from": "yesterday"}, "it takes days such as"),
        ({"until": "2026-13-01"}, "it takes days such as"),
        ({"from": "2026-04-02", "until": "2026-04-01", "lang": "ru"}, "последний не раньше первого"),
        ({"period": "ages"}, "what it does not understand"),
        ({"owner": "anna"}, "no such source, team or manager"),
        ({"basis": "both"}, "what it does not understand"),
    ],
)
async def test_what_cannot_be_asked_is_said_in_words(
    reader: httpx.AsyncClient, params: dict[str, str], said: str
) -> None:
    answer = await reader.get("/", params={"lang": "en"} | params)
    assert answer.status_code == 422
    assert said in visible(answer)


async def test_the_page_speaks_the_readers_language_or_the_chosen_one(reader: httpx.AsyncClient) -> None:
    russian = await reader.get("/", headers={"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"})
    assert '<html lang="ru">' in russian.text
    assert "Все обращения на месте" in russian.text
    chosen = await reader.get("/?lang=en", headers={"Accept-Language": "ru"})
    assert '<html lang="en">' in chosen.text
    assert '<html lang="en">' in (await reader.get("/", headers={"Accept-Language": "de"})).text


async def test_an_empty_period_says_so_everywhere(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/", params={"from": "2020-01-01", "until": "2020-01-02", "lang": "en"})
    assert answer.text.count("There is nothing in this period.") == 6
    assert "Leads 0" in visible(answer)


async def test_without_a_token_there_is_only_the_way_in(shop: Books) -> None:
    async with shop.service.client() as client:
        answer = await client.get("/", params=APRIL)
        assert answer.status_code == 200
        assert 'action="/session"' in answer.text
        assert 'value="from=2026-04-01&amp;until=2026-04-30&amp;lang=en"' in answer.text
        assert "Анна" not in answer.text


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ("nonsense", 401, "This token does not work"),
        (lambda: token_for(new_id(), "analyst", scopes=["spend:read"]), 403, "does not allow reading metrics"),
        (lambda: token_for(None, "platform"), 403, "token of a workspace"),
    ],
    ids=["nonsense", "no right", "platform"],
)
async def test_a_token_that_does_not_fit_is_told_so_and_kept_nowhere(
    shop: Books, token: Any, status: int, said: str
) -> None:
    async with shop.service.client() as client:
        sent = {"token": token if isinstance(token, str) else token(), "lang": "en"}
        answer = await client.post("/session", data=sent)
    assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)
    assert said in visible(answer)
    assert sent["token"] not in answer.text


async def test_signing_in_leads_back_to_this_page_and_to_no_other(shop: Books) -> None:
    async with shop.service.client() as client:
        sent = {"token": token_for(shop.workspace_id, "analyst"), "asked": "source=a&x=//evil.example/"}
        answer = await client.post("/session", data=sent)
    assert answer.headers["location"] == "/?source=a&x=%2F%2Fevil.example%2F"


async def test_the_cookie_is_sealed_hidden_from_scripts_and_reads_only(reader: httpx.AsyncClient, shop: Books) -> None:
    token = token_for(shop.workspace_id, "admin")
    async with shop.service.client() as encrypted:
        answer = await encrypted.post("/session", data={"token": token}, headers={"X-Forwarded-Proto": "https"})
    told = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(told.split("; "))
    assert token not in told
    assert (await reader.get("/v1/metrics")).status_code == 200
    refused = await reader.post("/v1/spend", json={"items": []})
    assert refused.status_code == 401
    spoilt = {"Cookie": f"{COOKIE}=gAAAAA-not-ours"}
    async with shop.service.client() as stranger:
        assert (await stranger.get("/v1/metrics", headers=spoilt)).status_code == 401
        ended = await stranger.get("/", headers=spoilt, params={"lang": "en"})
    assert "Your session has ended" in visible(ended)
    assert "Max-Age=0" in ended.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/session", "/session/end"])
async def test_another_site_signs_nobody_in_or_out(shop: Books, path: str) -> None:
    async with shop.service.client() as client:
        sent = {"token": token_for(shop.workspace_id, "analyst")}
        answer = await client.post(path, data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_signing_out_ends_it(reader: httpx.AsyncClient) -> None:
    answer = await reader.post("/session/end", data={"lang": "en"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=en")
    assert (await reader.get("/v1/metrics")).status_code == 401


async def test_a_workspace_not_heard_of_is_told_to_wait(running_analytics: RunningService) -> None:
    with clock.at(NOW):
        await running_analytics.trust_test_tokens()
        client = running_analytics.client_as("analyst", new_id())
        answer = await client.get("/", params={"lang": "en"})
    assert (answer.status_code, "No data yet" in answer.text) == (200, True)


async def test_style_and_script_are_kept_for_good_and_small(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/", params=APRIL)
    sizes = len(page.content)
    for path in re.findall(r'(?:href|src)="(/dashboard\.[^"]+)"', page.text):
        answer = await reader.get(path)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        again = await reader.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        sizes += len(answer.content)
    assert sizes < 300_000
