"""Past leads given out once more on paper: by drafts or the rules that hold, in the background, changing nothing."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crm_core.simulation import working
from crm_core.simulation.working import simulate
from leadkit import clock

from tests.crm_core.assignment.test_fairness import inquiry

CALLS = {"field": "channel", "op": "eq", "value": "call"}


async def asked(sales, **wanted: Any) -> str:
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/assignment/simulations", json=wanted)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def found(sales, simulation_id: str, only: str | None = None) -> dict[str, Any]:
    async with sales.tenant.client_as() as admin:
        path = f"/v1/assignment/simulations/{simulation_id}"
        shown = dict((await admin.get(path)).raise_for_status().json())
        params = {"limit": 200, **({"only": only} if only else {})}
        return shown | {"leads": (await admin.get(f"{path}/leads", params=params)).raise_for_status().json()["items"]}


async def test_drafts_are_compared_with_what_happened_and_nothing_changes(sales):
    first, second, *_ = (str(user) for user in sales.managers)
    await sales.ask(*(inquiry(number) for number in range(20)))
    before = await sales.leads()
    events = len(await sales.events())
    draft = {"name": "The first two", "pool": {"user_ids": [first, second]}, "strategy": "weighted"}
    job = await asked(sales, rules=[{**draft, "weights": {first: 3}}])
    assert await simulate(sales.tenant.core.db) == 1
    shown = await found(sales, job)
    assert (shown["status"], shown["leads_total"], shown["leads_done"], shown["drafted"]) == ("done", 20, 20, True)
    result = shown["result"]
    assert [(one["would"], one["did"]) for one in result["users"]] == [(15, 5), (5, 5), (0, 5), (0, 5)]
    assert [one["user_id"] for one in result["users"][:2]] == [first, second]
    assert result["same"] + result["different"] == 20
    assert (result["nobody"], result["nobody_did"]) == (0, 0)
    [rule] = result["rules"]
    assert (rule["name"], rule["met"], rule["gave"], rule["nobody"]) == ("The first two", 20, 20, 0)
    assert len((await found(sales, job, "different"))["leads"]) == result["different"]
    assert {one["rule_id"] for one in shown["leads"]} == {rule["rule_id"]}
    assert (await sales.leads(), len(await sales.events())) == (before, events)


async def test_without_rules_the_turn_within_the_team_gives_what_it_gave(sales):
    await sales.ask(*(inquiry(number) for number in range(9)))
    job = await asked(sales)
    await simulate(sales.tenant.core.db)
    result = (await found(sales, job))["result"]
    assert sorted(one["would"] for one in result["users"]) == [2, 2, 2, 3]
    assert result["rules"] == [{"rule_id": None, "name": None, "met": 9, "gave": 9, "nobody": 0}]


async def test_rules_that_hold_are_tried_as_they_were_when_it_was_asked(sales):
    one, other = (str(user) for user in sales.managers[:2])
    async with sales.tenant.client_as() as admin:
        rule = {"name": "All to one", "pool": {"user_ids": [one]}}
        made = (await admin.post("/v1/assignment-rules", json=rule)).raise_for_status().json()
        await sales.ask(inquiry(1), inquiry(2))
        job = await asked(sales)
        change = {"pool": {"user_ids": [other]}}
        await admin.patch(f"/v1/assignment-rules/{made['id']}", json=change, headers={"If-Match": '"1"'})
    await simulate(sales.tenant.core.db)
    result = (await found(sales, job))["result"]
    assert [(user["user_id"], user["would"]) for user in result["users"]] == [(one, 2)]
    assert (result["same"], result["rules"][0]["rule_id"]) == (2, made["id"])


async def test_leads_find_only_who_was_at_work_when_their_people_asked(sales):
    day, night = (str(user) for user in sales.managers[:2])
    hours = {name: [["09:00", "18:00"]] for name in ("mon", "tue", "wed", "thu", "fri")}
    async with sales.tenant.client_as() as admin:
        for user, values in ((day, {"working_hours": hours}), (night, {"rota": NIGHTS})):
            put = await admin.put(f"/v1/users/{user}/availability", json={"time_zone": "UTC", **values})
            assert put.status_code == 200, put.text
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    times = [monday + timedelta(hours=hour) for hour in (8, 10, 17, 19, 23, 27)]
    await sales.ask(*({**inquiry(n), "occurred_at": at.isoformat()} for n, at in enumerate(times)))
    draft = {"name": "Shifts", "pool": {"user_ids": [day, night]}, "fallback": "queue"}
    job = await asked(sales, rules=[draft], occurred_from=monday.isoformat())
    await simulate(sales.tenant.core.db)
    shown = await found(sales, job)
    assert [one["owner_id"] for one in shown["leads"]] == [None, day, day, None, night, night]
    assert shown["result"]["nobody"] == 2
    assert shown["result"]["rules"][0]["nobody"] == 2
    assert [one["place"] for one in (await found(sales, job, "nobody"))["leads"]] == [1, 4]


NIGHTS = {"anchor": "2026-11-16", "days_on": 2, "days_off": 2, "spans": [["22:00", "06:00"]]}


async def test_a_filter_and_a_period_say_which_leads_are_meant(sales):
    await sales.ask(*(inquiry(number) for number in range(3)))
    calls = await sales.ask(*({**inquiry(10 + number), "channel": "chat"} for number in range(2)))
    old = {**inquiry(20), "channel": "chat", "occurred_at": (clock.now() - timedelta(days=90)).isoformat()}
    await sales.ask(old)
    job = await asked(sales, filter={"field": "channel", "op": "eq", "value": "chat"})
    await simulate(sales.tenant.core.db)
    assert {one["lead_id"] for one in (await found(sales, job))["leads"]} == {one["lead_id"] for one in calls}


async def test_caps_free_when_leads_were_closed_and_a_new_day_begins(sales):
    capped, *_ = (str(user) for user in sales.managers)
    async with sales.tenant.client_as() as admin:
        await admin.patch(f"/v1/users/{capped}", json={"open_cap": 1}, headers={"If-Match": '"1"'})
    answers = []
    for number, at in enumerate((0, 60, 120)):
        when = clock.now() - timedelta(hours=3) + timedelta(minutes=at)
        answers += await sales.ask({**inquiry(number), "occurred_at": when.isoformat()})
    async with sales.tenant.client_as(scopes=["history:write", "leads:write", "leads:read", "admin"]) as admin:
        closed = {"reason": "price", "at": (clock.now() - timedelta(hours=1, minutes=30)).isoformat()}
        (await admin.post(f"/v1/leads/{answers[0]['lead_id']}/disqualify", json=closed)).raise_for_status()
    draft = {"name": "One", "pool": {"user_ids": [capped]}, "fallback": "queue"}
    job = await asked(sales, rules=[draft])
    await simulate(sales.tenant.core.db)
    assert [one["owner_id"] for one in (await found(sales, job))["leads"]] == [capped, None, capped]


async def test_somebody_known_goes_to_the_team_of_whoever_had_them_also_when_that_one_left(sales):
    other = await sales.tenant.team("Doors")
    left, there = [(await sales.tenant.user(name, team_id=other["id"]))["id"] for name in ("Left", "There")]
    [first] = await sales.ask(inquiry(1))
    await sales.step(first["lead_id"], "assign", owner_id=left)
    converted = await sales.step(first["lead_id"], "convert")
    async with sales.tenant.client_as() as admin:
        (await admin.post(f"/v1/deals/{converted['deal_id']}/lose", json={"reason": "price"})).raise_for_status()
        await sales.ask(inquiry(1))
        sticky = await asked(sales, rules=[{"name": "Whom they know", "strategy": "sticky"}])
        await simulate(sales.tenant.core.db)
        gone = await admin.patch(f"/v1/users/{left}", json={"active": False}, headers={"If-Match": '"1"'})
        gone.raise_for_status()
        by_turn = await asked(sales, rules=[])
        await simulate(sales.tenant.core.db)
    assert (await found(sales, sticky))["leads"][1]["owner_id"] == left
    assert (await found(sales, by_turn))["leads"][1]["owner_id"] == there


async def test_one_that_was_cut_off_goes_on_where_it_was_and_ends_the_same(sales, monkeypatch):
    monkeypatch.setattr(working, "BATCH", 7)
    async with sales.tenant.client_as() as admin:
        await admin.patch(f"/v1/users/{sales.managers[0]}", json={"open_cap": 4}, headers={"If-Match": '"1"'})
        await admin.patch(f"/v1/users/{sales.managers[1]}", json={"daily_cap": 3}, headers={"If-Match": '"1"'})
    await sales.ask(*(inquiry(number) for number in range(30)))
    whole, cut = await asked(sales), await asked(sales)
    batches = 0
    real = working._batch

    async def dies_at_the_sixth(session: Any, of: Any, run: Any) -> int:
        nonlocal batches
        batches += 1
        done = await real(session, of, run)
        if str(of.id) == cut and batches == 8:
            raise ConnectionResetError
        return done

    monkeypatch.setattr(working, "_batch", dies_at_the_sixth)
    with pytest.raises(ConnectionResetError):
        await simulate(sales.tenant.core.db)
    half = await found(sales, cut)
    assert (half["status"], half["leads_done"], len(half["leads"])) == ("running", 14, 14)
    await simulate(sales.tenant.core.db)
    first, second = await found(sales, whole), await found(sales, cut)
    assert [one["owner_id"] for one in first["leads"]] == [one["owner_id"] for one in second["leads"]]
    assert first["result"] == second["result"]
    assert Counter(one["owner_id"] for one in second["leads"])[str(sales.managers[0])] == 4


async def test_a_simulation_is_removed_with_its_leads(sales):
    await sales.ask(inquiry(1))
    job = await asked(sales)
    await simulate(sales.tenant.core.db)
    async with sales.tenant.client_as() as admin:
        path = f"/v1/assignment/simulations/{job}"
        assert (await admin.delete(path)).status_code == 204
        assert [(await admin.get(one)).status_code for one in (path, f"{path}/leads")] == [404, 404]
        assert (await admin.get("/v1/assignment/simulations")).json()["items"] == []
    assert await simulate(sales.tenant.core.db) == 0


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rules": [{"name": "A"}, {"name": "B", "weights": {"01a211af-60d6-75f3-a5ef-957de5e2b8fe": 2}}]},
         "/rules/1/weights"),
        ({"filter": {"field": "colour", "op": "eq", "value": "red"}}, "/filter/field"),
        ({"occurred_from": "2999-01-01T00:00:00Z"}, "/occurred_from"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_at_its_place(sales, wrong, pointer):
    async with sales.tenant.client_as() as admin:
        refused = await admin.post("/v1/assignment/simulations", json=wrong)
    assert refused.status_code == 422, refused.text
    assert any(error["pointer"].startswith(pointer) for error in refused.json()["errors"])


async def test_only_an_admin_simulates(sales):
    async with sales.manager() as manager:
        assert (await manager.post("/v1/assignment/simulations", json={})).status_code == 403
        assert (await manager.get("/v1/assignment/simulations")).status_code == 403
