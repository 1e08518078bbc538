"""The live stream over a real port: what happens arrives, nothing twice after a break, and nobody else's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest_asyncio
from crm_core.app import create
from crm_core.settings import CoreSettings
from crm_core.streams.actions import forget_expired_tickets
from leadkit import clock
from leadkit.testing.services import token_for

from tests.contracts.serving import served
from tests.crm_core.conftest import Sales, Tenant

Message = dict[str, Any]


class Listener:
    """The messages of one open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Message:
        """The next message; comments and the opening are passed over."""
        message: Message = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line and name not in ("", "retry"):
                    message[name] = value
                elif message:
                    return message | {"data": json.loads(message["data"])}
        raise AssertionError("the stream has ended")


@asynccontextmanager
async def stream(address: str, token: str | None = None, **query: str) -> AsyncIterator[Listener]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Last-Event-ID": query.pop("header")} if "header" in query else {}
    async with (
        httpx.AsyncClient(base_url=address, timeout=10) as client,
        client.stream("GET", "/v1/stream", params=query, headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Listener(response)


@pytest_asyncio.fixture
async def address(tenant: Tenant) -> AsyncIterator[str]:
    """crm-core behind a real port, on the same database: responses in process cannot be read while they last."""
    with served(create(CoreSettings(database_url=tenant.core.database.url, port=0))) as url:
        yield url


async def test_what_happens_arrives_and_after_a_break_the_rest(address: str, sales: Sales, stranger: Tenant) -> None:
    token = token_for(sales.tenant.id)
    async with (
        stream(address, token_for(stranger.id), type="lead.created,team.changed") as foreign,
        stream(address, token, type="lead.created") as listener,
    ):
        made = [await sales.add(phones=[f"+7900000000{number}"]) for number in range(3)]
        await sales.tenant.core.sequence()
        first = await listener.next()
        own = await stranger.team("Theirs")
        await sales.tenant.core.sequence()
        assert (await foreign.next())["data"]["subject"] == own["id"], "the first that a stranger hears is its own"
    assert (first["event"], first["data"]["subject"]) == ("lead.created", made[0]["id"])
    assert first["id"] == first["data"]["id"]
    for resumed in ({"header": first["id"]}, {"lastEventId": first["id"]}):
        async with stream(address, token, type="lead.created", **resumed) as listener:
            assert [(await listener.next())["data"]["subject"] for _ in range(2)] == [each["id"] for each in made[1:]]


async def test_a_ticket_opens_the_streams_of_whoever_made_it_until_it_runs_out(address: str, sales: Sales) -> None:
    async with sales.manager(0) as manager:
        made = await manager.post("/v1/stream-tickets")
    ticket = made.raise_for_status().json()["ticket"]
    events = await sales.events()
    async with stream(address, ticket=ticket, lastEventId=events[-1]["id"]) as listener:
        of_another = await sales.add(phones=["+79000000001"], owner_id=str(sales.managers[1]))
        own = await sales.add(phones=["+79000000002"], owner_id=str(sales.managers[0]))
        await sales.tenant.core.sequence()
        seen = await listener.next()
    assert of_another["owner_id"] != own["owner_id"]
    assert seen["data"]["subject"] == own["id"]
    async with sales.tenant.core.db.transaction(role="worker") as session:
        await forget_expired_tickets(session, now=clock.now().replace(year=2100))
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get("/v1/stream", params={"ticket": ticket})).status_code == 401
        assert (await client.get("/v1/stream", params={"ticket": "no.ticket"})).status_code == 401
        assert (await client.get("/v1/stream")).status_code == 401


async def test_a_feed_shows_a_manager_what_is_or_was_theirs(sales: Sales) -> None:
    lead = await sales.add(phones=["+79000000001"], owner_id=str(sales.managers[0]))
    await sales.step(lead["id"], "assign", owner_id=str(sales.managers[1]))
    await sales.tenant.core.sequence()

    async def types(number: int) -> list[str]:
        async with sales.manager(number) as manager:
            events = (await manager.get("/v1/events", params={"limit": "1000"})).raise_for_status().json()
        return [event["type"] for event in events if event["subject"] == lead["id"]]

    assert (await types(0))[-1] == "lead.reassigned"
    assert await types(1) == ["lead.reassigned"]
    assert await types(2) == []
