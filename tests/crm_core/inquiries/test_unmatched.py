"""Addresses that never match: the company's own numbers, and those that many people share."""

from typing import Any

import pytest
from leadkit.ids import new_id

OWN = "+74951112233"


def inquiry(**values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "channel": "form", **values}


async def named(sales: Any, **address: Any) -> dict[str, Any]:
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/unmatched-addresses", json=address)
    return dict(answer.raise_for_status().json())


async def test_people_are_not_taken_for_one_by_an_address_that_never_matches(sales):
    await sales.ask(inquiry(phones=[OWN]))
    address = await named(sales, kind="phone", value="8 (495) 111-22-33")
    assert address["value"] == OWN
    first, second = await sales.ask(inquiry(phones=[OWN], emails=["a@example.com"]), inquiry(phones=[OWN]))
    [third] = await sales.ask(inquiry(emails=["a@example.com"], phones=[OWN]))
    assert [answer["result"] for answer in (first, second, third)] == ["created", "created", "attached"]
    assert third["lead_id"] == first["lead_id"]
    lead = await sales.lead(second["lead_id"])
    assert (lead["phones"], lead["repeat"]) == ([OWN], False)


async def test_leads_added_by_hand_and_contacts_do_not_match_by_it_either(sales):
    await named(sales, kind="phone", value=OWN, reason="shared")
    [asked] = await sales.ask(inquiry(phones=[OWN]))
    added = await sales.add(person={"full_name": "Anna"}, phones=[OWN])
    assert added["repeat"] is False
    converted = [await sales.step(lead_id, "convert") for lead_id in (asked["lead_id"], added["id"])]
    assert converted[0]["contact_id"] != converted[1]["contact_id"]


async def test_an_address_taken_off_the_list_matches_again(sales):
    address = await named(sales, kind="email", value="Info@Example.com")
    async with sales.tenant.client_as() as admin:
        assert (await admin.post("/v1/unmatched-addresses", json={"kind": "email", "value": "info@example.com"})
                ).status_code == 409  # fmt: skip
        assert [one["id"] for one in (await admin.get("/v1/unmatched-addresses")).json()["items"]] == [address["id"]]
        for expected in (204, 404):
            assert (await admin.delete(f"/v1/unmatched-addresses/{address['id']}")).status_code == expected
    first, second = await sales.ask(*(inquiry(emails=["info@example.com"]) for _ in range(2)))
    assert (first["lead_id"], second["result"]) == (second["lead_id"], "attached")


@pytest.mark.parametrize(("kind", "value"), [("phone", "12"), ("email", "nobody"), ("messenger", "telegram")])
async def test_only_addresses_can_be_named(sales, kind, value):
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/unmatched-addresses", json={"kind": kind, "value": value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/value")


async def test_a_call_that_turns_out_missed_gets_its_task_once(sales):
    call = {"direction": "inbound", "result": "answered"}
    first = inquiry(channel="call", phones=["+74951234567"], call=call)
    [answer] = await sales.ask(first)
    missed = {**call, "result": "missed"}
    for revision in (2, 3):
        await sales.ask({**first, "revision": revision, "call": missed})
    async with sales.tenant.client_as() as admin:
        tasks = (await admin.get("/v1/activities", params={"lead_id": answer["lead_id"], "kind": "task"})).json()
    assert [task["due_at"] is not None for task in tasks["items"]] == [True]
