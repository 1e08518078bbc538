"""Leads of somebody who leaves are handed over by the rules in the background, and given back if it was a mistake."""

import asyncio
from collections import Counter
from typing import Any

from crm_core.redistribution.working import redistribute

from tests.crm_core.assignment.test_fairness import inquiry


async def asked(sales, **wanted: Any) -> str:
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/assignment/redistribute", json=wanted)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def found(sales, redistribution_id: str) -> dict[str, Any]:
    async with sales.tenant.client_as() as admin:
        path = f"/v1/assignment/redistributions/{redistribution_id}"
        shown = dict((await admin.get(path)).raise_for_status().json())
        return shown | {"leads": (await admin.get(f"{path}/leads?limit=200")).raise_for_status().json()["items"]}


async def owners(sales) -> Counter[str]:
    return Counter(lead["owner_id"] for lead in await sales.leads())


async def test_a_leavers_open_leads_go_to_the_others_by_turn(sales):
    leaver, *others = (str(user) for user in sales.managers)
    await sales.ask(*(inquiry(number) for number in range(48)))
    lost, *_ = await sales.leads(owner_id=leaver)
    await sales.step(lost["id"], "disqualify", reason="not_interested")
    job = await asked(sales, user_id=leaver)
    await redistribute(sales.tenant.core.db)
    shown = await found(sales, job)
    assert (shown["status"], shown["leads_total"], shown["leads_done"], shown["moved"]) == ("done", 11, 11, 11)
    counts = await owners(sales)
    assert counts[leaver] == 1
    assert sorted(counts[user] for user in others) == [15, 16, 16]
    assert {one["result"] for one in shown["leads"]} == {"moved"}
    assert len(await sales.events("lead.reassigned")) == 11


async def test_an_undo_gives_back_what_has_not_gone_on_since(sales):
    leaver = str(sales.managers[0])
    await sales.ask(*(inquiry(number) for number in range(20)))
    before = {lead["id"]: lead["owner_id"] for lead in await sales.leads()}
    job = await asked(sales, user_id=leaver)
    await redistribute(sales.tenant.core.db)
    moved = [one["lead_id"] for one in (await found(sales, job))["leads"]]
    await sales.step(moved[0], "disqualify", reason="not_interested")
    async with sales.tenant.client_as() as admin:
        assert (await admin.post(f"/v1/assignment/redistributions/{job}/undo")).status_code == 202
        await redistribute(sales.tenant.core.db)
        assert (await admin.post(f"/v1/assignment/redistributions/{job}/undo")).status_code == 409
    shown = await found(sales, job)
    assert (shown["status"], shown["put_back"]) == ("undone", len(moved) - 1)
    assert Counter(one["result"] for one in shown["leads"]) == {"put_back": len(moved) - 1, "kept": 1}
    after = {lead["id"]: lead["owner_id"] for lead in await sales.leads()}
    assert {lead_id for lead_id in before if before[lead_id] != after[lead_id]} == {moved[0]}


async def test_an_undo_gives_nothing_to_somebody_who_has_left(sales):
    leaver = str(sales.managers[0])
    await sales.ask(*(inquiry(number) for number in range(4)))
    job = await asked(sales, user_id=leaver)
    await redistribute(sales.tenant.core.db)
    async with sales.tenant.client_as() as admin:
        gone = await admin.patch(f"/v1/users/{leaver}", json={"active": False}, headers={"If-Match": "*"})
        assert gone.status_code == 200
        await admin.post(f"/v1/assignment/redistributions/{job}/undo")
    await redistribute(sales.tenant.core.db)
    assert [one["result"] for one in (await found(sales, job))["leads"]] == ["kept"]
    assert (await owners(sales))[leaver] == 0


async def test_leads_of_a_filter_are_given_out_anew(sales):
    await sales.ask(*(inquiry(number) for number in range(8)))
    for lead in await sales.leads():
        await sales.step(lead["id"], "assign", owner_id=str(sales.managers[0]))
    chats = await sales.ask(*({**inquiry(100 + number), "channel": "chat"} for number in range(4)))
    job = await asked(sales, filter={"field": "channel", "op": "eq", "value": "form"})
    await redistribute(sales.tenant.core.db)
    assert (await found(sales, job))["leads_done"] == 8
    assert sorted((await owners(sales)).values()) == [3, 3, 3, 3]
    assert {one["lead_id"] for one in (await found(sales, job))["leads"]}.isdisjoint(one["lead_id"] for one in chats)


async def test_what_nobody_else_can_take_stays_and_is_told(sales):
    leaver, *others = (str(user) for user in sales.managers)
    await sales.ask(*(inquiry(number) for number in range(4)))
    async with sales.tenant.client_as() as admin:
        for user in others:
            await admin.patch(f"/v1/users/{user}", json={"open_cap": 0}, headers={"If-Match": '"1"'})
    job = await asked(sales, user_id=leaver)
    await redistribute(sales.tenant.core.db)
    shown = await found(sales, job)
    assert (shown["moved"], [one["result"] for one in shown["leads"]]) == (0, ["stayed"])
    assert await sales.events("lead.reassigned") == []


async def test_several_workers_hand_each_lead_over_once(sales):
    leaver = str(sales.managers[0])
    await sales.ask(*(inquiry(number) for number in range(80)))
    job = await asked(sales, user_id=leaver)
    await asyncio.gather(*(redistribute(sales.tenant.core.db) for _ in range(3)))
    assert (await found(sales, job))["moved"] == len(await sales.events("lead.reassigned")) == 20


async def test_a_head_hands_over_leads_of_the_own_team_only(sales):
    other = await sales.tenant.team("Doors")
    doorman = await sales.tenant.user("Doorman", team_id=other["id"])
    await sales.ask(*(inquiry(number) for number in range(4)))
    [lead, *_] = await sales.leads()
    await sales.step(lead["id"], "assign", owner_id=doorman["id"])
    everything = {"filter": {"field": "open", "op": "eq", "value": True}}
    async with sales.tenant.client_as("head", team_id=other["id"]) as head:
        answer = await head.post("/v1/assignment/redistribute", json=everything)
        await redistribute(sales.tenant.core.db)
        [shown] = (await head.get("/v1/assignment/redistributions")).json()["items"]
    assert (shown["id"], shown["leads_done"]) == (answer.json()["id"], 1)


async def test_moving_everything_or_nobodys_leads_is_refused(sales):
    async with sales.tenant.client_as() as admin:
        nobody = {"user_id": "01a211af-60d6-75f3-a5ef-957de5e2b8fe"}
        refused = [await admin.post("/v1/assignment/redistribute", json=body) for body in ({}, nobody)]
    assert [answer.status_code for answer in refused] == [422, 422]
    async with sales.manager() as manager:
        assert (await manager.post("/v1/assignment/redistribute", json=nobody)).status_code == 403
