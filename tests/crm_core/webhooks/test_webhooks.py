"""Webhooks from end to end: a real endpoint on a port, the feed, deliveries, patience."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from crm_core.webhooks.rules import IN_ORDER, TRIED_FOR
from crm_core.webhooks.sending import Sender
from leadkit import clock
from leadkit.outgoing import guarded_pool
from leadkit.testing.services import RunningService
from standardwebhooks import Webhook

from tests.crm_core.conftest import Sales, Tenant
from tests.endpoint import Endpoint, Json


class Hooked:
    """A workspace with senders of webhooks."""

    def __init__(self, sales: Sales, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sales, self.tenant = sales, sales.tenant
        self.core: RunningService = sales.tenant.core
        monkeypatch.setattr(self.core.app.state.settings, "webhooks_to_private_addresses", True)
        self.senders: list[Sender] = []

    def sender(self, *, private_allowed: bool = True) -> Sender:
        pool = guarded_pool(private_allowed=private_allowed)
        self.senders.append(Sender(self.core.db, pool, self.core.app.state.settings.data_key, "/crm-core"))
        return self.senders[-1]

    async def hook(self, url: str, **values: Any) -> Json:
        async with self.tenant.client_as() as admin:
            wanted = {"name": "Till", "url": url, "types": ["lead.created"], **values}
            return dict((await admin.post("/v1/webhooks", json=wanted)).raise_for_status().json())

    async def leads(self, count: int) -> list[str]:
        made = [await self.sales.add(phones=[f"+7916000{number:04}"]) for number in range(count)]
        await self.core.sequence()
        return [lead["id"] for lead in made]

    async def send(self, sender: Sender | None = None) -> None:
        """All that is due now."""
        own = sender or (self.senders[0] if self.senders else self.sender())
        await own.step()
        await own.settle()

    async def shown(self, hook: Json) -> Json:
        async with self.tenant.client_as() as admin:
            return dict((await admin.get(f"/v1/webhooks/{hook['id']}")).raise_for_status().json())

    async def deliveries(self, hook: Json, **asked: Any) -> list[Json]:
        async with self.tenant.client_as() as admin:
            answer = await admin.get(f"/v1/webhooks/{hook['id']}/deliveries", params={"sort": "created_at", **asked})
        return list(answer.raise_for_status().json()["items"])

    async def post(self, path: str) -> httpx.Response:
        async with self.tenant.client_as() as admin:
            return await admin.post(f"/v1/webhooks/{path}")


@pytest_asyncio.fixture
async def hooked(sales: Sales, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hooked]:
    there = Hooked(sales, monkeypatch)
    yield there
    for sender in there.senders:
        await sender.settle()
        await sender._pool.aclose()


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    server = Endpoint()
    yield server
    if server._server is not None:
        await server.stop()


async def test_events_arrive_in_order_signed_as_the_standard_says_and_once(hooked: Hooked, endpoint: Endpoint) -> None:
    hook = await hooked.hook(await endpoint.start())
    leads = await hooked.leads(3)
    await hooked.send()
    await hooked.send()
    assert [event["data"]["id"] for event in endpoint.events] == leads
    for headers, body in endpoint.got:
        told = Webhook(hook["secret"]).verify(body, headers)
        assert (told["type"], headers["webhook-id"]) == ("lead.created", told["id"])
        assert b"+7916" not in body
    deliveries = await hooked.deliveries(hook)
    assert [(one["status"], one["attempts"][0]["status"]) for one in deliveries] == [("delivered", 200)] * 3
    assert deliveries[0]["attempts"][0]["response"] == "ok"
    assert "secret" not in await hooked.shown(hook)


async def test_a_webhook_gets_only_what_matches_it_and_nothing_of_another_workspace(
    hooked: Hooked, endpoint: Endpoint, stranger: Tenant
) -> None:
    url = await endpoint.start()
    await hooked.hook(url, types=[], matching={"channel": ["form"], "status": ["new", "assigned"]})
    async with stranger.client_as() as admin:
        (await admin.post("/v1/leads", json={"phones": ["+79169999999"]})).raise_for_status()
    inquiry = {"phones": ["+79160000001"], "person": {}, "attribution": {}}
    asked = [{"id": f"0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4{n}", "channel": one, **inquiry} for n, one in
             enumerate(("form", "call"))]  # fmt: skip
    asked[1]["phones"] = ["+79160000002"]
    await hooked.sales.ask(*asked)
    await hooked.core.sequence()
    await hooked.send()
    assert {event["type"] for event in endpoint.events} == {"lead.created", "lead.assigned"}
    assert {event["data"]["channel"] for event in endpoint.events} == {"form"}


async def test_a_failure_holds_back_what_follows_and_is_tried_again_in_its_time(
    hooked: Hooked, endpoint: Endpoint
) -> None:
    hook = await hooked.hook(await endpoint.start())
    endpoint.answering = lambda _: (500, "no")
    leads = await hooked.leads(2)
    await hooked.send()
    await hooked.send()
    assert len(endpoint.got) == 1
    endpoint.answering = lambda _: (200, "ok")
    with clock.at(clock.now() + timedelta(seconds=7)):
        await hooked.send()
    assert [event["data"]["id"] for event in endpoint.events] == [leads[0], *leads]
    assert endpoint.got[0][0]["webhook-id"] == endpoint.got[1][0]["webhook-id"]
    [first, _] = await hooked.deliveries(hook)
    assert [attempt["status"] for attempt in first["attempts"]] == [500, 200]


async def test_an_event_that_is_never_taken_steps_aside_for_the_others(hooked: Hooked, endpoint: Endpoint) -> None:
    hook = await hooked.hook(await endpoint.start())
    poison, *others = await hooked.leads(3)
    endpoint.answering = lambda event: (400, "no") if event["data"]["id"] == poison else (200, "ok")
    now = clock.now()
    for _ in range(IN_ORDER):
        with clock.at(now):
            await hooked.send()
        now += timedelta(minutes=3)
    with clock.at(now):
        await hooked.send()
    assert [event["data"]["id"] for event in endpoint.events] == [*[poison] * IN_ORDER, *others]
    statuses = [one["status"] for one in await hooked.deliveries(hook)]
    assert statuses == ["waiting", "delivered", "delivered"]


async def test_after_three_days_of_failures_a_webhook_is_disabled_and_that_is_told(
    hooked: Hooked, endpoint: Endpoint
) -> None:
    hook = await hooked.hook(await endpoint.start())
    endpoint.answering = lambda _: (503, "down")
    await hooked.leads(1)
    began = now = clock.now()
    for _ in range(20):
        with clock.at(now):
            await hooked.send()
        shown = await hooked.shown(hook)
        if not shown["enabled"]:
            break
        [delivery] = await hooked.deliveries(hook)
        due = max(datetime.fromisoformat(one) for one in (shown["retry_at"], delivery["next_at"]))
        now = due + timedelta(seconds=1)
    assert shown["disabled_reason"] == "failing"
    assert TRIED_FOR <= now - began < TRIED_FOR + timedelta(days=1)
    assert len(endpoint.got) < 20
    [told] = await hooked.sales.events("webhook.disabled")
    assert told["data"] | {"version": 0} == {
        "id": hook["id"], "version": 0, "name": "Till", "enabled": False, "reason": "failing",
    }  # fmt: skip
    assert (await hooked.post(f"{hook['id']}/test")).status_code == 409


async def test_410_unsubscribes_at_once_and_whoever_is_enabled_again_gets_what_came_meanwhile(
    hooked: Hooked, endpoint: Endpoint
) -> None:
    hook = await hooked.hook(await endpoint.start())
    endpoint.answering = lambda _: (410, "gone")
    await hooked.leads(1)
    await hooked.send()
    shown = await hooked.shown(hook)
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    missed = await hooked.leads(1)
    await hooked.send()
    assert len(endpoint.got) == 1
    endpoint.answering = lambda _: (200, "ok")
    async with hooked.tenant.client_as() as admin:
        version = {"If-Match": f'"{shown["version"]}"'}
        (await admin.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": True}, headers=version)).raise_for_status()
    await hooked.send()
    assert [event["data"]["id"] for event in endpoint.events[1:]] == missed
    [cancelled, _] = await hooked.deliveries(hook)
    answer = await hooked.post(f"{hook['id']}/deliveries/{cancelled['id']}/retry")
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    await hooked.send()
    assert len(endpoint.got) == 3


async def test_a_slow_endpoint_delays_no_other_and_two_workers_send_nothing_twice(
    hooked: Hooked, endpoint: Endpoint
) -> None:
    quick = Endpoint()
    endpoint.held = asyncio.Event()
    await hooked.hook(await endpoint.start())
    await hooked.hook(await quick.start())
    await hooked.leads(3)
    one, two = hooked.sender(), hooked.sender()
    await asyncio.gather(one.step(), two.step())
    async with asyncio.timeout(20):
        while len(quick.got) < 3:
            await asyncio.gather(one.step(), two.step())
            await asyncio.sleep(0.01)
    assert len(endpoint.got) <= 1
    endpoint.held.set()
    await asyncio.gather(one.settle(), two.settle())
    await hooked.send(one)
    assert [len({event["id"] for event in each.events}) for each in (endpoint, quick)] == [3, 3]
    assert (len(endpoint.got), len(quick.got)) == (3, 3)
    await quick.stop()


async def test_redirects_are_not_followed_and_private_addresses_not_connected_to(
    hooked: Hooked, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await hooked.hook(url := await endpoint.start())
    endpoint.answering = lambda _: (302, url)
    await hooked.leads(1)
    await hooked.send()
    assert len(endpoint.got) == 1
    with clock.at(clock.now() + timedelta(minutes=1)):
        await hooked.send(hooked.sender(private_allowed=False))
    assert len(endpoint.got) == 1
    [delivery] = await hooked.deliveries(hook)
    assert [(one["status"], one["error"]) for one in delivery["attempts"]] == [
        (302, None), (None, "AddressRefused: the name stands for a private address"),
    ]  # fmt: skip
    monkeypatch.setattr(hooked.core.app.state.settings, "webhooks_to_private_addresses", False)
    async with hooked.tenant.client_as() as admin:
        answer = await admin.post("/v1/webhooks", json={"name": "x", "url": url})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")


async def test_for_a_day_after_a_rotation_both_secrets_verify_and_a_test_event_can_be_sent(
    hooked: Hooked, endpoint: Endpoint
) -> None:
    hook = await hooked.hook(await endpoint.start())
    new = (await hooked.post(f"{hook['id']}/rotate-secret")).raise_for_status().json()["secret"]
    (await hooked.post(f"{hook['id']}/test")).raise_for_status()
    await hooked.send()
    headers, body = endpoint.got[0]
    assert [Webhook(secret).verify(body, headers)["type"] for secret in (hook["secret"], new)] == ["webhook.test"] * 2
    with clock.at(clock.now() + timedelta(hours=25)):
        (await hooked.post(f"{hook['id']}/test")).raise_for_status()
        await hooked.send()
    assert len(endpoint.got[1][0]["webhook-signature"].split()) == 1


async def test_only_admins_make_webhooks_and_only_of_event_types_that_there_are(sales: Sales) -> None:
    wanted = {"name": "x", "url": "https://example.com/", "types": ["lead.exploded"]}
    async with sales.tenant.client_as() as admin, sales.manager() as manager:
        assert (await admin.post("/v1/webhooks", json=wanted)).status_code == 422
        assert (await manager.post("/v1/webhooks", json=wanted)).status_code == 403
