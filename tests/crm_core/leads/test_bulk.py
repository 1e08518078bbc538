"""Many leads at once: each item is answered by itself, in order, and a bad one never fails its neighbours."""

from typing import Any
from uuid import uuid4

UNKNOWN = str(uuid4())


async def bulk(sales: Any, path: str, *items: dict[str, Any], method: str = "POST") -> list[tuple[int, str | None]]:
    async with sales.tenant.client_as() as admin:
        answer = await admin.request(method, f"/v1/leads/bulk{path}", json={"items": list(items)})
    return [(one["status"], one["id"]) for one in answer.raise_for_status().json()["results"]]


async def test_leads_are_changed_each_by_its_own_patch(sales):
    first, second = [(await sales.add(person={"full_name": name}))["id"] for name in ("Anna", "Boris")]
    answers = await bulk(
        sales, "",
        {"id": first, "tags": ["vip"], "phones": ["84951234567"]},
        {"id": UNKNOWN, "tags": []},
        {"id": second, "version": 99, "tags": ["vip"]},
        {"id": second, "phones": ["12"]},
        {"id": second, "subject": "x\0"},
        {"id": second, "tags": None},
        {"tags": []},
        {"id": second, "product": "doors", "company": "Romashka"},
        method="PATCH",
    )  # fmt: skip
    assert [status for status, _ in answers] == [200, 404, 412, 422, 422, 422, 422, 200]
    assert [lead_id for _, lead_id in answers] == [first, *[None] * 6, second]
    anna, boris = await sales.lead(first), await sales.lead(second)
    assert (anna["tags"], anna["phones"], anna["version"]) == (["vip"], ["+74951234567"], 3)
    assert (boris["tags"], boris["product"], boris["company"], boris["version"]) == ([], "doors", "Romashka", 3)
    [answer] = await sales.ask({"id": str(uuid4()), "channel": "form", "phones": ["+74951234567"]})
    assert answer["lead_id"] == first


async def test_leads_take_a_step_each_or_tell_what_forbids_it(sales):
    ids = [(await sales.add(person={"full_name": f"Person {number}"}))["id"] for number in range(3)]
    await sales.step(ids[1], "start")
    assert await bulk(sales, "/start", *({"id": one} for one in [*ids, UNKNOWN])) == [
        (200, ids[0]), (409, None), (200, ids[2]), (404, None),
    ]  # fmt: skip
    items = [{"id": one, "reason": "no_budget"} for one in ids]
    items[1] = {"id": ids[1]}
    assert [status for status, _ in await bulk(sales, "/disqualify", *items)] == [200, 422, 200]
    assert [(await sales.lead(one))["status"] for one in ids] == ["disqualified", "in_progress", "disqualified"]
    assert [status for status, _ in await bulk(sales, "/reopen", {"id": ids[0]}, {"id": ids[0]})] == [200, 409]
    events = await sales.events("lead.started", "lead.disqualified", "lead.reopened")
    assert [event["type"] for event in events] == [
        "lead.started", "lead.started", "lead.started", "lead.disqualified", "lead.disqualified", "lead.reopened",
    ]  # fmt: skip
    async with sales.tenant.client_as() as admin:
        log = (await admin.get("/v1/audit", params={"action": "lead.disqualify"})).json()["items"]
    assert {entry["subject_id"] for entry in log} == {ids[0], ids[2]}


async def test_leads_given_out_together_go_by_turn(sales):
    ids = [
        (await sales.add(person={"full_name": f"Person {n}"}, owner_id=str(sales.managers[0])))["id"] for n in range(8)
    ]
    assert {status for status, _ in await bulk(sales, "/assign", *({"id": one} for one in ids))} == {200}
    owners = [(await sales.lead(one))["owner_id"] for one in ids]
    assert sorted(owners.count(str(manager)) for manager in sales.managers) == [2, 2, 2, 2]


async def test_a_manager_changes_own_leads_only(sales):
    ids = [(await sales.add(person={"full_name": "Anna"}, owner_id=str(owner)))["id"] for owner in sales.managers[:2]]
    async with sales.manager(0) as manager:
        answer = await manager.patch("/v1/leads/bulk", json={"items": [{"id": one, "tags": ["x"]} for one in ids]})
    assert [one["status"] for one in answer.json()["results"]] == [200, 404]
