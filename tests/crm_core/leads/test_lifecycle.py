"""Leads taking every step from every status, allowed and refused."""

from datetime import UTC, datetime, timedelta

import pytest
from crm_core.leads.returning import return_postponed
from crm_core.leads.rules import STATUSES, TRANSITIONS, allowed, target_of
from leadkit import clock
from leadkit.ids import new_id

LATER = "2099-01-01T00:00:00Z"
BODIES = {"postpone": {"until": LATER}, "disqualify": {"reason": "too expensive"}}
WAYS = {
    "new": [],
    "assigned": ["assign"],
    "in_progress": ["assign", "start"],
    "qualified": ["assign", "start", "qualify"],
    "converted": ["assign", "convert"],
    "disqualified": ["disqualify"],
    "postponed": ["postpone"],
}
STEPS = [one.name for one in TRANSITIONS]


async def body_of(sales, step):
    """What the step needs to be asked for."""
    if step == "merge":
        return {"into": (await sales.add(person={"full_name": "Other"}))["id"]}
    return BODIES.get(step, {})


async def lead_in(sales, status):
    """A lead brought to `status`; one without an owner where the way allows it."""
    empty = await sales.tenant.team(f"Nobody yet {new_id()}")
    lead = await sales.add(person={"full_name": "Иван"}, phones=["+74951234567"], team_id=empty["id"])
    for step in WAYS[status]:
        body = {"owner_id": str(sales.managers[0])} if step == "assign" else BODIES.get(step, {})
        lead = await sales.step(lead["id"], step, **body)
    assert lead["status"] == status
    return lead


@pytest.mark.parametrize("status", [one for one in STATUSES if one != "merged"])
async def test_every_step_from_a_status_is_taken_or_refused_as_the_table_says(sales, status):
    lead = await lead_in(sales, status)
    for step in STEPS:
        if step in allowed(status):
            await check_taken(sales, await lead_in(sales, status), step)
        else:
            refused = await sales.step(lead["id"], step, expected=409, **await body_of(sales, step))
            assert (refused["type"], refused["allowed"]) == ("/problems/transition-not-allowed", allowed(status))
    assert await sales.lead(lead["id"]) == lead


async def check_taken(sales, lead, step):
    body = {"owner_id": str(sales.managers[1])} if step == "assign" else await body_of(sales, step)
    [chosen] = [one for one in TRANSITIONS if one.name == step]
    owned = lead["owner_id"] is not None
    taken = await sales.step(lead["id"], step, **body)
    if step == "merge":
        assert taken["id"] == body["into"]
        [taken] = [one for one in await sales.leads(status="merged") if one["id"] == lead["id"]]
    assert taken["status"] == target_of(chosen, lead["status"], reached=lead["reached"], owned=owned)
    assert taken["version"] == lead["version"] + 1
    event = "lead.reassigned" if step == "assign" and owned else chosen.event
    told = [one["data"] for one in await sales.events(event) if one["subject"] == lead["id"]]
    assert (told[-1]["version"], told[-1]["status"]) == (taken["version"], taken["status"])


async def test_first_times_are_kept_for_ever_and_passages_counted(sales):
    lead = await lead_in(sales, "in_progress")
    first = lead["reached"]["in_progress"]
    await sales.step(lead["id"], "disqualify", reason="no money")
    again = await sales.step(lead["id"], "reopen")
    assert again["status"] == "in_progress"
    assert again["reached"]["in_progress"] == first
    assert again["passages"]["in_progress"] == 2


async def test_starting_a_new_lead_takes_it(sales):
    lead = await lead_in(sales, "new")
    async with sales.tenant.client_as("head", user_id=sales.managers[2], team_id=lead["team_id"]) as head:
        started = (await head.post(f"/v1/leads/{lead['id']}/start", json={})).json()
    assert started["owner_id"] == str(sales.managers[2])
    assert started["first_response_at"] is not None


async def test_qualifying_keeps_what_was_learnt(sales):
    lead = await lead_in(sales, "assigned")
    budget = {"amount": "150000.00", "currency": "RUB"}
    qualified = await sales.step(
        lead["id"], "qualify", budget=budget, authority=True, need="окна", timeframe="март", answers={"rooms": 3}
    )
    assert qualified["budget"] == budget
    assert qualified["qualification"] == {
        "authority": True, "need": "окна", "timeframe": "март", "answers": {"rooms": 3}
    }  # fmt: skip
    assert qualified["score"] > lead["score"]
    later = {"need": "двери", "timeframe": None, "answers": {"rooms": None, "floor": 2}}
    async with sales.tenant.client_as() as admin:
        path = f"/v1/leads/{lead['id']}"
        patched = await admin.patch(path, json={"qualification": later}, headers={"If-Match": "*"})
    assert patched.json()["qualification"] == {"authority": True, "need": "двери", "answers": {"floor": 2}}
    assert patched.json()["status"] == "qualified"


async def test_disqualifying_needs_a_reason(sales):
    lead = await lead_in(sales, "assigned")
    refused = await sales.step(lead["id"], "disqualify", expected=422)
    assert refused["errors"][0]["pointer"] == "/loss_reason_id"
    done = await sales.step(lead["id"], "disqualify", reason="Просто передумал")
    assert done["loss_reason_id"] is not None
    assert done["loss_note"] == "Просто передумал"
    reopened = await sales.step(lead["id"], "reopen")
    assert reopened["loss_reason_id"] is None


async def test_postponing_needs_a_later_time(sales):
    lead = await lead_in(sales, "assigned")
    refused = await sales.step(lead["id"], "postpone", until="2020-01-01T00:00:00Z", expected=422)
    assert refused["errors"][0]["pointer"] == "/until"


async def test_a_postponed_lead_comes_back_by_itself_with_a_task_and_only_once(sales):
    lead = await lead_in(sales, "in_progress")
    until = clock.now() + timedelta(days=3)
    await sales.step(lead["id"], "postpone", until=until.isoformat())
    db = sales.tenant.core.db
    assert await return_postponed(db) == 0
    with clock.at(until + timedelta(minutes=1)):
        assert await return_postponed(db) == 1
        assert await return_postponed(db) == 0
    back = await sales.lead(lead["id"])
    assert (back["status"], back["postponed_until"]) == ("in_progress", None)
    async with sales.tenant.client_as() as admin:
        tasks = (await admin.get("/v1/activities", params={"lead_id": lead["id"], "kind": "task"})).json()["items"]
    assert [task["owner_id"] for task in tasks] == [lead["owner_id"]]


async def test_a_lead_that_comes_back_to_somebody_who_has_left_goes_to_another(sales):
    refused, postponed = await lead_in(sales, "assigned"), await lead_in(sales, "in_progress")
    until = clock.now() + timedelta(days=3)
    for lead in (refused, postponed):
        await sales.step(lead["id"], "assign", owner_id=str(sales.managers[0]))
    await sales.step(refused["id"], "disqualify", reason="no_budget")
    await sales.step(postponed["id"], "postpone", until=until.isoformat())
    async with sales.tenant.client_as() as admin:
        path, gone = f"/v1/users/{sales.managers[0]}", {"active": False}
        (await admin.patch(path, json=gone, headers={"If-Match": "*"})).raise_for_status()
        reopened = await sales.step(refused["id"], "reopen")
        with clock.at(until + timedelta(minutes=1)):
            assert await return_postponed(sales.tenant.core.db) == 1
        back = await sales.lead(postponed["id"])
        tasks = (await admin.get("/v1/activities", params={"lead_id": back["id"], "kind": "task"})).json()["items"]
    assert (reopened["status"], back["status"]) == ("assigned", "in_progress")
    assert {reopened["owner_id"], back["owner_id"]} <= set(map(str, sales.managers[1:]))
    assert [task["owner_id"] for task in tasks] == [back["owner_id"]]


async def test_history_may_be_told_afterwards_by_who_may(sales):
    inquiry = {"id": "5f0c0000-0000-4000-8000-000000000001", "channel": "form", "phones": ["+74951234567"]}
    [answer] = await sales.ask({**inquiry, "occurred_at": "2026-01-10T09:00:00Z"})
    lead_id = answer["lead_id"]
    started = await sales.step(lead_id, "start", at="2026-01-10T09:30:00Z")
    assert started["reached"]["new"] == "2026-01-10T09:00:00Z"
    assert started["reached"]["assigned"] == "2026-01-10T09:30:00Z"
    assert started["reached"]["in_progress"] == "2026-01-10T09:30:00Z"
    assert started["first_response_at"] == "2026-01-10T09:30:00Z"
    before = await sales.step(lead_id, "qualify", at="2026-01-10T09:29:00Z", expected=422)
    assert before["errors"][0]["pointer"] == "/at"
    await sales.step(lead_id, "qualify", at=(datetime.now(UTC) + timedelta(hours=1)).isoformat(), expected=422)
    async with sales.manager(
        sales.managers.index(next(u for u in sales.managers if str(u) == started["owner_id"]))
    ) as own:
        answer = await own.post(f"/v1/leads/{lead_id}/qualify", json={"at": "2026-01-11T09:00:00Z"})
    assert answer.status_code == 403
    converted = await sales.step(lead_id, "convert", at="2026-01-12T09:00:00Z")
    assert converted["reached"]["converted"] == "2026-01-12T09:00:00Z"


async def test_every_step_is_in_the_audit_log_without_personal_values(sales):
    lead = await lead_in(sales, "qualified")
    async with sales.tenant.client_as() as admin:
        entries = (await admin.get("/v1/audit", params={"subject_id": lead["id"]})).json()["items"]
    assert [entry["action"] for entry in entries] == ["lead.qualify", "lead.start", "lead.assign", "lead.create"]
    assert "Иван" not in str(entries)
    assert "4951234567" not in str(entries)


async def test_the_reason_other_needs_a_note(sales):
    lead = await lead_in(sales, "new")
    for note in (None, "  "):
        refused = await sales.step(lead["id"], "disqualify", expected=422, reason="other", note=note)
        assert refused["errors"][0]["pointer"] == "/note"
    taken = await sales.step(lead["id"], "disqualify", reason="other", note="moved abroad")
    assert taken["loss_note"] == "moved abroad"
