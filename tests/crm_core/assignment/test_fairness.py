"""Giving out leads: by turn within a team, exact whoever assigns at the same time, and explained."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from crm_core.assignment.actions import Wanted, hand_out
from leadkit import clock
from leadkit.ids import new_id
from sqlalchemy.exc import InterfaceError


def inquiry(number: int, **values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "channel": "form", "phones": [f"+7495{number:07}"], **values}


async def owners(sales) -> Counter[str]:
    return Counter(lead["owner_id"] for lead in await sales.leads())


async def test_a_hundred_simultaneous_inquiries_go_twenty_five_to_each_of_four(sales):
    await asyncio.gather(*(sales.ask(inquiry(1_000_000 + number)) for number in range(100)))
    assert await owners(sales) == {str(user): 25 for user in sales.managers}


async def test_a_hundred_simultaneous_leads_by_hand_go_twenty_five_to_each_of_four(sales):
    await asyncio.gather(*(sales.add(person={"full_name": f"Lead {number}"}) for number in range(100)))
    assert await owners(sales) == {str(user): 25 for user in sales.managers}


async def test_simultaneous_batches_of_any_size_stay_exact(sales):
    sizes = [1, 3, 7, 10, 2, 30, 15, 32]
    batches = [[inquiry(sum(sizes[:place]) + number) for number in range(size)] for place, size in enumerate(sizes)]
    await asyncio.gather(*(sales.ask(*batch) for batch in batches))
    assert sorted((await owners(sales)).values()) == [25, 25, 25, 25]


async def test_turns_never_differ_by_more_than_one_at_any_time(sales):
    for start in range(0, 21, 3):
        await sales.ask(*(inquiry(start + number) for number in range(3)))
        counts = [(await owners(sales))[str(user)] for user in sales.managers]
        assert max(counts) - min(counts) <= 1


async def test_an_inactive_manager_never_gets_a_lead_and_a_new_one_is_not_flooded(sales):
    await sales.ask(*(inquiry(number) for number in range(12)))
    away = str(sales.managers[0])
    async with sales.tenant.client_as() as admin:
        version = (await admin.get(f"/v1/users/{away}")).headers["ETag"]
        changed = await admin.patch(f"/v1/users/{away}", json={"active": False}, headers={"If-Match": version})
        changed.raise_for_status()
    joined = (await sales.tenant.user("Newcomer", team_id=str(sales.team_id)))["id"]
    await sales.ask(*(inquiry(100 + number) for number in range(12)))
    counts = await owners(sales)
    assert counts[away] == 3
    assert counts[joined] == 3
    assert sum(counts.values()) == 24


async def test_a_lead_that_nobody_can_take_waits_in_the_teams_queue(tenant):
    team = await tenant.team("Sales")
    async with tenant.client_as() as admin:
        made = (await admin.post("/v1/leads", json={"person": {"full_name": "Anna"}})).json()
        why = (await admin.get(f"/v1/leads/{made['id']}/assignment")).json()
    assert (made["status"], made["owner_id"], made["team_id"]) == ("new", None, team["id"])
    assert (why["winner"], why["candidates"]) == (None, [])


async def test_a_workspace_without_a_team_keeps_its_leads_new(tenant):
    async with tenant.client_as() as admin:
        made = (await admin.post("/v1/leads", json={"person": {"full_name": "Anna"}})).json()
    assert (made["status"], made["owner_id"], made["team_id"]) == ("new", None, None)


async def test_the_assignment_is_explained(sales):
    [answer] = await sales.ask(inquiry(1))
    lead = await sales.lead(answer["lead_id"])
    async with sales.tenant.client_as() as admin:
        why = (await admin.get(f"/v1/leads/{lead['id']}/assignment")).json()
    assert why["winner"] == why["owner_id"] == lead["owner_id"]
    assert [UUID(user) for user in why["candidates"]] == sales.managers
    assert (why["rules"][0]["rule"], why["rules"][0]["strategy"]) == ("default_team", "round_robin")


async def test_a_returning_person_goes_to_the_team_of_the_previous_owner(sales):
    other = await sales.tenant.team("Doors")
    doorman = await sales.tenant.user("Doorman", team_id=other["id"])
    [first] = await sales.ask(inquiry(1))
    await sales.step(first["lead_id"], "assign", owner_id=doorman["id"])
    converted = await sales.step(first["lead_id"], "convert")
    async with sales.tenant.client_as() as admin:
        (await admin.post(f"/v1/deals/{converted['deal_id']}/lose", json={"reason": "price"})).raise_for_status()
    [again] = await sales.ask(inquiry(1))
    lead = await sales.lead(again["lead_id"])
    assert (lead["team_id"], lead["owner_id"]) == (other["id"], doorman["id"])
    async with sales.tenant.client_as() as admin:
        why = (await admin.get(f"/v1/leads/{lead['id']}/assignment")).json()
    assert why["rules"][0]["rule"] == "previous_owner_team"


async def test_a_named_team_gets_the_lead(sales):
    other = await sales.tenant.team("Doors")
    doorman = await sales.tenant.user("Doorman", team_id=other["id"])
    async with sales.tenant.client_as() as admin:
        made = (await admin.post("/v1/leads", json={"person": {"full_name": "Anna"}, "team_id": other["id"]})).json()
    assert made["owner_id"] == doorman["id"]


async def test_assigning_by_hand_and_again_is_told(sales):
    [answer] = await sales.ask(inquiry(1))
    lead_id = answer["lead_id"]
    before = (await sales.lead(lead_id))["owner_id"]
    target = next(str(user) for user in sales.managers if str(user) != before)
    given = await sales.step(lead_id, "assign", owner_id=target)
    assert given["owner_id"] == target
    again = await sales.step(lead_id, "assign", owner_id=target)
    assert again["version"] == given["version"]
    [told] = await sales.events("lead.reassigned")
    assert [owner["owner_id"] for owner in told["data"]["owners"]] == [before, target]
    async with sales.tenant.client_as() as admin:
        why = (await admin.get(f"/v1/leads/{lead_id}/assignment")).json()
    assert why["rules"][0]["rule"] == "by_hand"
    assert len(why["history"]) == 2


async def test_a_stranger_cannot_be_the_owner(sales, stranger):
    outsider = await stranger.user("Outsider")
    [answer] = await sales.ask(inquiry(1))
    refused = await sales.step(answer["lead_id"], "assign", owner_id=outsider["id"], expected=422)
    assert refused["errors"][0]["pointer"] == "/owner_id"


async def test_moving_to_a_team_where_nobody_is_leaves_the_lead_in_its_queue(sales):
    empty = await sales.tenant.team("Night shift")
    [answer] = await sales.ask(inquiry(1))
    moved = await sales.step(answer["lead_id"], "assign", team_id=empty["id"])
    assert (moved["owner_id"], moved["team_id"]) == (None, empty["id"])
    assert len(await sales.events("lead.unassigned")) == 1


async def give_out_and_die(sales, leads: int) -> None:
    async with sales.tenant.core.db.transaction(sales.tenant.id) as session:
        outcomes, _ = await hand_out(session, sales.tenant.id, [Wanted(lead_id=new_id())] * leads, now=clock.now())
        assert all(outcome.owner_id for outcome in outcomes)
        (await (await session.connection()).get_raw_connection()).driver_connection.terminate()


async def test_whoever_is_cut_off_while_giving_out_leads_takes_nobodys_turn(sales):
    asking = [sales.ask(*(inquiry(10 * batch + number) for number in range(10))) for batch in range(10)]
    dying = [give_out_and_die(sales, 7) for _ in asking]
    ends = await asyncio.gather(*asking, *dying, return_exceptions=True)
    assert [type(end) for end in ends] == [list] * len(asking) + [InterfaceError] * len(dying)
    assert await owners(sales) == {str(user): 25 for user in sales.managers}
