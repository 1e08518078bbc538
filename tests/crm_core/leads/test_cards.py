"""Leads by hand: create, read, list, search, change, and who sees them."""

from typing import Any

import pytest
from leadkit.ids import new_id


async def test_a_lead_by_hand_has_the_whole_shape(sales):
    async with sales.tenant.client_as() as admin:
        made = await admin.post(
            "/v1/leads",
            json={
                "person": {"full_name": "Анна Смирнова"},
                "company": "ООО Ромашка",
                "phones": ["8 495 123-45-67"],
                "emails": ["Anna@Example.com"],
                "messengers": [{"network": "Telegram", "id": "42"}],
                "product": "Окна",
                "budget": {"amount": "100.00", "currency": "RUB"},
                "tags": ["vip"],
                "custom": {"floor": 3},
            },
        )
        lead = made.json()
        again = await admin.get(made.headers["Location"])
    assert made.status_code == 201
    assert made.headers["ETag"] == f'"{lead["version"]}"'
    assert again.json() == lead
    assert (lead["phones"], lead["emails"]) == (["+74951234567"], ["anna@example.com"])
    assert lead["messengers"] == [{"network": "telegram", "id": "42"}]
    assert (lead["company"], lead["person"]["company"]) == ("ООО Ромашка", "ООО Ромашка")
    assert (lead["completeness"], lead["inquiry_count"], lead["repeat"]) == (1, 0, False)
    assert lead["score"] == min(100, sum(point["points"] for point in lead["score_points"]))


@pytest.mark.parametrize(
    ("card", "pointer"),
    [
        ({}, "/person"),
        ({"phones": ["12"]}, "/phones/0"),
        ({"emails": ["nobody"]}, "/emails/0"),
        ({"person": {"full_name": "A"}, "owner_id": str(new_id())}, "/owner_id"),
        ({"person": {"full_name": "A"}, "team_id": str(new_id())}, "/team_id"),
    ],
)
async def test_what_is_wrong_is_named(sales, card, pointer):
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/leads", json=card)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_manager_keeps_the_lead_they_add(sales):
    async with sales.manager(2) as manager:
        made = (await manager.post("/v1/leads", json={"person": {"full_name": "Анна"}})).json()
    assert (made["owner_id"], made["status"]) == (str(sales.managers[2]), "assigned")


async def test_bulk_answers_one_by_one(sales):
    items = [{"person": {"full_name": "A"}}, {"phones": ["1"]}, 7, {"phones": ["+74951234567"]}]
    async with sales.tenant.client_as() as admin:
        results = (await admin.post("/v1/leads/bulk", json={"items": items})).json()["results"]
    assert [(one["index"], one["status"]) for one in results] == [(0, 201), (1, 422), (2, 422), (3, 201)]
    assert {lead["id"] for lead in await sales.leads()} == {results[0]["id"], results[3]["id"]}


async def test_the_same_key_adds_a_lead_once(sales):
    async with sales.tenant.client_as() as admin:
        headers = {"Idempotency-Key": "one"}
        first = await admin.post("/v1/leads", json={"person": {"full_name": "A"}}, headers=headers)
        second = await admin.post("/v1/leads", json={"person": {"full_name": "A"}}, headers=headers)
    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(await sales.leads()) == 1


async def test_a_second_lead_with_the_same_phone_is_suggested_as_a_duplicate(sales):
    first = await sales.add(phones=["+74951234567"])
    second = await sales.add(phones=["+74951234567"])
    assert second["repeat"] is True
    async with sales.tenant.client_as() as admin:
        seen = (await admin.get(f"/v1/leads/{first['id']}/duplicates")).json()["items"]
    assert [(one["lead_id"], one["score"]) for one in seen] == [(second["id"], 1.0)]


async def change(sales, lead, patch, *, version=None):
    async with sales.tenant.client_as() as admin:
        headers = {"If-Match": version or f'"{lead["version"]}"'}
        return await admin.patch(f"/v1/leads/{lead['id']}", json=patch, headers=headers)


async def test_a_patch_merges_and_needs_the_present_version(sales):
    lead = await sales.add(person={"full_name": "Анна", "position": "директор"}, custom={"a": 1, "b": 2})
    changed = await change(
        sales, lead, {"person": {"full_name": "Анна С."}, "custom": {"a": None, "c": 3}, "company": "Ромашка"}
    )
    assert changed.status_code == 200
    assert changed.json()["person"]["position"] == "директор"
    assert changed.json()["custom"] == {"b": 2, "c": 3}
    assert changed.json()["company"] == "Ромашка"
    assert (await change(sales, lead, {"subject": "x"})).status_code == 412
    async with sales.tenant.client_as() as admin:
        assert (await admin.patch(f"/v1/leads/{lead['id']}", json={"subject": "x"})).status_code == 428


async def test_new_addresses_match_from_then_on_and_old_ones_no_more(sales):
    lead = await sales.add(phones=["+74951234567"])
    await change(sales, lead, {"phones": ["+74957654321"]})
    old, new = await sales.ask(
        {"id": str(new_id()), "channel": "form", "phones": ["+74951234567"]},
        {"id": str(new_id()), "channel": "form", "phones": ["+74957654321"]},
    )
    assert old["result"] == "created"
    assert new["lead_id"] == lead["id"]


async def test_a_temperature_set_by_hand_stays_until_it_is_emptied(sales):
    lead = await sales.add(phones=["+74951234567"])
    assert lead["temperature"] == "cold"
    hot = (await change(sales, lead, {"temperature": "hot"})).json()
    still = (await change(sales, hot, {"subject": "Окна"})).json()
    assert still["temperature"] == "hot"
    assert (await change(sales, still, {"temperature": None})).json()["temperature"] == "cold"


@pytest.mark.parametrize("patch", [{"phones": None}, {"person": None}, {"phones": ["x"]}])
async def test_a_patch_that_cannot_be_is_refused(sales, patch):
    lead = await sales.add(phones=["+74951234567"])
    assert (await change(sales, lead, patch)).status_code == 422


async def test_lists_filter_and_page(sales):
    names = [f"Lead {number}" for number in range(5)]
    made = [await sales.add(person={"full_name": name}, tags=["odd"] if n % 2 else []) for n, name in enumerate(names)]
    await sales.step(made[0]["id"], "start")
    assert [lead["id"] for lead in await sales.leads(status="in_progress")] == [made[0]["id"]]
    assert len(await sales.leads(status="new,assigned")) == 4
    assert len(await sales.leads(tag="odd")) == 2
    assert len(await sales.leads(owner_id=made[1]["owner_id"])) >= 1
    assert len(await sales.leads(created_from=made[3]["created_at"])) == 2
    assert len(await sales.leads(created_to=made[3]["created_at"])) == 3
    assert len(await sales.leads(unassigned="true")) == 0
    async with sales.tenant.client_as() as admin:
        seen: list[str] = []
        page: dict[str, Any] = {"next_cursor": None}
        for _ in range(3):
            params = {"limit": 2, "include_total": "true"} | ({"cursor": page["next_cursor"]} if seen else {})
            page = (await admin.get("/v1/leads", params=params)).json()
            seen += [lead["id"] for lead in page["items"]]
    assert seen == [lead["id"] for lead in reversed(made)]
    assert (page["next_cursor"], page["total"]) == (None, 5)


@pytest.mark.parametrize("q", ["8 (495) 123-45-67", "+74951234567", "ANNA@example.com", "смирн", "АННА см", "ромаш"])
async def test_search_finds_by_phone_email_and_part_of_a_name(sales, stranger, q):
    card = {
        "person": {"full_name": "Анна Смирнова"},
        "company": "Ромашка",
        "phones": ["+74951234567"],
        "emails": ["anna@example.com"],
    }
    lead = await sales.add(**card)
    await sales.add(person={"full_name": "Пётр 100%_"}, phones=["+74950000000"])
    async with stranger.client_as() as other:
        await other.post("/v1/leads", json=card)
    assert [found["id"] for found in await sales.leads(q=q)] == [lead["id"]]


async def test_wildcards_are_only_characters(sales):
    await sales.add(person={"full_name": "Анна"})
    lead = await sales.add(person={"full_name": "Пётр 100%_"})
    assert [found["id"] for found in await sales.leads(q="100%_")] == [lead["id"]]
    assert await sales.leads(q="%%%") == []


@pytest.fixture
async def others_lead(sales):
    return await sales.add(person={"full_name": "Анна"}, owner_id=str(sales.managers[0]))


async def test_a_manager_sees_own_leads_and_the_teams_unassigned(sales, others_lead):
    own = await sales.add(person={"full_name": "Пётр"}, owner_id=str(sales.managers[1]))
    other_team = await sales.tenant.team("Doors")
    foreign = await sales.add(person={"full_name": "Иван"}, team_id=other_team["id"])
    async with sales.manager(1) as manager:
        assert [lead["id"] for lead in (await manager.get("/v1/leads")).json()["items"]] == [own["id"]]
        for hidden in (others_lead, foreign):
            assert (await manager.get(f"/v1/leads/{hidden['id']}")).status_code == 404
            assert (await manager.post(f"/v1/leads/{hidden['id']}/start", json={})).status_code == 404
            assert (await manager.get(f"/v1/leads/{hidden['id']}/assignment")).status_code == 404
        assert (await manager.get("/v1/leads", params={"q": "Анна"})).json()["items"] == []
    async with sales.tenant.client_as("manager", user_id=sales.managers[1], team_id=other_team["id"]) as moved:
        assert (await moved.get(f"/v1/leads/{foreign['id']}")).status_code == 200


async def test_a_head_sees_the_team_and_no_other(sales, others_lead):
    other_team = await sales.tenant.team("Doors")
    async with sales.tenant.client_as("head", team_id=sales.team_id) as head:
        assert (await head.get(f"/v1/leads/{others_lead['id']}")).status_code == 200
    async with sales.tenant.client_as("head", team_id=other_team["id"]) as head:
        assert (await head.get(f"/v1/leads/{others_lead['id']}")).status_code == 404


async def test_an_analyst_sees_nobody(sales, others_lead):
    async with sales.tenant.client_as("analyst") as analyst:
        assert (await analyst.get("/v1/leads")).status_code == 403
        assert (await analyst.get(f"/v1/leads/{others_lead['id']}")).status_code == 403


async def test_another_workspace_gets_404_everywhere(sales, stranger, others_lead):
    path = f"/v1/leads/{others_lead['id']}"
    async with stranger.client_as() as other:
        for place in ("", "/assignment", "/duplicates"):
            assert (await other.get(path + place)).status_code == 404
        for step in ("start", "qualify", "assign", "reopen", "convert"):
            assert (await other.post(f"{path}/{step}", json={})).status_code == 404
        assert (await other.patch(path, json={}, headers={"If-Match": '"1"'})).status_code == 404


async def test_a_first_call_of_ours_is_the_first_response(sales, others_lead):
    assert others_lead["first_response_at"] is None
    async with sales.tenant.client_as() as admin:
        call = {"kind": "call", "direction": "outbound", "lead_id": others_lead["id"]}
        (await admin.post("/v1/activities", json=call)).raise_for_status()
    assert (await sales.lead(others_lead["id"]))["first_response_at"] is not None


async def test_the_snapshot_tells_leads_and_inquiries_as_their_events_do(sales):
    [answer] = await sales.ask({"id": str(new_id()), "channel": "form", "phones": ["+74951234567"]})
    async with sales.tenant.core.client_as("platform") as platform:
        for type_, event in (("lead", "lead.assigned"), ("inquiry", "inquiry.recorded")):
            page = (await platform.get("/v1/snapshot", params={"type": type_})).json()
            [told] = await sales.events(event)
            assert [item["data"] for item in page["items"]] == [told["data"]]
    assert answer["status"] == 201
