"""Leads that nobody can take wait, and are given out the best first the moment somebody can take them."""

import asyncio
from typing import Any

import pytest_asyncio
from crm_core.leads.waiting import give_out_waiting

from tests.crm_core.assignment.test_fairness import inquiry


async def cap(sales, number: int, open_cap: int | None) -> None:
    path = f"/v1/users/{sales.managers[number]}"
    async with sales.tenant.client_as() as admin:
        version = (await admin.get(path)).headers["ETag"]
        await admin.patch(path, json={"open_cap": open_cap}, headers={"If-Match": version})


@pytest_asyncio.fixture
async def full(sales) -> Any:
    """Nobody may have another lead."""
    for number in range(4):
        await cap(sales, number, 0)
    return sales


async def queue(sales) -> list[dict[str, Any]]:
    async with sales.tenant.client_as() as admin:
        return list((await admin.get("/v1/assignment/queue?language=en")).raise_for_status().json()["items"])


async def warmed(sales, lead_id: str, temperature: str) -> None:
    async with sales.tenant.client_as() as admin:
        path = f"/v1/leads/{lead_id}"
        version = (await admin.get(path)).headers["ETag"]
        changed = await admin.patch(path, json={"temperature": temperature}, headers={"If-Match": version})
        assert changed.status_code == 200, changed.text


async def test_what_nobody_can_take_waits_the_best_first_and_says_why(full):
    answers = await full.ask(*(inquiry(number) for number in range(3)))
    await warmed(full, answers[2]["lead_id"], "hot")
    await warmed(full, answers[1]["lead_id"], "warm")
    waiting = await queue(full)
    assert [one["lead_id"] for one in waiting] == [answers[place]["lead_id"] for place in (2, 1, 0)]
    assert waiting[0]["words"][0] == "Rule “the default team”: nobody of 4 could take the lead."


async def test_a_freed_cap_takes_the_best_and_the_others_go_on_waiting(full):
    answers = await full.ask(*(inquiry(number) for number in range(5)))
    await warmed(full, answers[3]["lead_id"], "hot")
    assert await give_out_waiting(full.tenant.core.db) == 0
    await cap(full, 1, 2)
    assert await give_out_waiting(full.tenant.core.db) == 2
    given = [lead["id"] for lead in await full.leads() if lead["owner_id"] == str(full.managers[1])]
    assert set(given) == {answers[3]["lead_id"], answers[0]["lead_id"]}
    assert len(await queue(full)) == 3
    assert len(await full.events("lead.assigned")) == 2


async def test_a_lead_behind_those_that_only_others_can_take_is_found(full):
    german = {"field": "language", "op": "eq", "value": "de"}
    async with full.tenant.client_as() as admin:
        rule = {
            "name": "German",
            "condition": german,
            "pool": {"user_ids": [str(full.managers[0])]},
            "fallback": "queue",
        }
        (await admin.post("/v1/assignment-rules", json=rule)).raise_for_status()
    await full.ask(*({**inquiry(number), "language": "de"} for number in range(250)))
    [last] = await full.ask(inquiry(900))
    await cap(full, 3, None)
    assert await give_out_waiting(full.tenant.core.db) == 1
    assert (await full.lead(last["lead_id"]))["owner_id"] == str(full.managers[3])


async def test_several_workers_give_each_lead_out_once(full):
    await full.ask(*(inquiry(number) for number in range(30)))
    await cap(full, 0, 12)
    await cap(full, 2, None)
    found = await asyncio.gather(*(give_out_waiting(full.tenant.core.db) for _ in range(4)))
    assert await give_out_waiting(full.tenant.core.db) + sum(found) == 30
    assert len(await full.events("lead.assigned")) == 30
    owners = [lead["owner_id"] for lead in await full.leads()]
    assert owners.count(str(full.managers[0])) == 12
