"""Calls that we made: on whose timeline they go, what they do to a lead, and that telling twice changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from leadkit import clock
from leadkit.contracts.common import written
from leadkit.ids import new_id

PHONE = "+79990000104"


def inquiry(**values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "channel": "form", "phones": [PHONE], **values}


def call(*, result: str = "answered", extra: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    told = {"direction": "outbound", "result": result, "wait_seconds": 12, "operator": "101"}
    return {"id": str(new_id()), "provider": "mango_office", "phones": [PHONE], "call": told, "extra": extra, **values}


async def tell(sales, *items, role="integration") -> list[dict[str, Any]]:
    async with sales.tenant.client_as(role) as client:
        answer = await client.post("/v1/calls", json={"items": list(items)})
    return list(answer.raise_for_status().json()["results"])


async def activities(sales, **on: Any) -> list[dict[str, Any]]:
    async with sales.tenant.client_as() as admin:
        answer = await admin.get("/v1/activities", params={"kind": "call", **on})
    return list(answer.raise_for_status().json()["items"])


async def test_first_talk_is_noted_on_the_open_lead_and_counts_as_its_first_response(sales):
    [asked] = await sales.ask(inquiry())
    with clock.at(clock.now() + timedelta(minutes=10)):
        told = call(occurred_at=written(clock.now() - timedelta(minutes=1)), extra={"recording_id": "rec-1"})
        [answer] = await tell(sales, told)
    assert (answer["status"], answer["result"], answer["lead_id"]) == (201, "attached", asked["lead_id"])
    [noted] = await activities(sales, lead_id=asked["lead_id"])
    assert noted["id"] == answer["activity_id"]
    assert (noted["direction"], noted["result"], noted["completed_at"]) == ("outbound", "answered", told["occurred_at"])
    assert (noted["data"]["operator"], noted["data"]["recording_id"]) == ("101", "rec-1")
    lead = await sales.lead(asked["lead_id"])
    talked_at = clock.now().fromisoformat(told["occurred_at"]) + timedelta(seconds=12)
    assert (lead["status"], lead["first_response_at"]) == ("in_progress", written(talked_at))
    assert lead["reached"]["in_progress"] == written(talked_at)
    assert noted["owner_id"] == lead["owner_id"]
    assert len(await sales.events("lead.started")) == 1


async def test_call_that_nobody_took_and_a_call_from_before_are_noted_but_answer_nothing(sales):
    [asked] = await sales.ask(inquiry())
    before = written(clock.now() - timedelta(days=1))
    await tell(sales, call(result="missed"), call(occurred_at=before))
    lead = await sales.lead(asked["lead_id"])
    assert (lead["status"], lead["first_response_at"]) == ("assigned", None)
    assert len(await activities(sales, lead_id=asked["lead_id"])) == 2
    async with sales.tenant.client_as() as admin:
        tasks = await admin.get("/v1/activities", params={"kind": "task", "lead_id": asked["lead_id"]})
    assert tasks.json()["items"] == []


async def test_telling_it_again_changes_nothing_and_a_higher_revision_updates_the_activity(sales):
    [asked] = await sales.ask(inquiry())
    told = call(result="missed")
    [first] = await tell(sales, told)
    [again, later] = await tell(sales, told, {**told, "revision": 2, "call": {**told["call"], "result": "answered"}})
    assert again == {**first, "status": 200}
    assert later == {**first, "index": 1, "status": 200, "result": "updated"}
    [lower] = await tell(sales, told)
    assert lower == again
    [noted] = await activities(sales, lead_id=asked["lead_id"])
    assert noted["result"] == "answered"
    assert (await sales.lead(asked["lead_id"]))["status"] == "in_progress"


async def test_unknown_person_is_unmatched_until_a_later_revision_finds_them(sales):
    told = call()
    [answer] = await tell(sales, told)
    nowhere = {"lead_id": None, "contact_id": None, "deal_id": None, "activity_id": None}
    assert {name: answer[name] for name in nowhere} == nowhere
    assert (answer["status"], answer["result"]) == (201, "unmatched")
    assert await activities(sales) == []
    [asked] = await sales.ask(inquiry())
    [updated] = await tell(sales, {**told, "revision": 2})
    assert (updated["result"], updated["lead_id"]) == ("updated", asked["lead_id"])
    [stored] = await tell(sales, {**told, "revision": 2})
    assert stored["result"] == "attached"
    assert len(await activities(sales, lead_id=asked["lead_id"])) == 1


async def test_open_deal_contact_and_refused_lead_come_in_this_order_and_nothing_is_brought_back(sales):
    [refused] = await sales.ask(inquiry())
    await sales.step(refused["lead_id"], "disqualify", reason="No budget")
    [on_refused] = await tell(sales, call())
    assert (on_refused["lead_id"], (await sales.lead(refused["lead_id"]))["status"]) == (
        refused["lead_id"],
        "disqualified",
    )
    [other] = await sales.ask(inquiry(phones=["+79990000105"]))
    converted = await sales.step(other["lead_id"], "convert", deal={"name": "Doors"})
    [on_deal] = await tell(sales, call(phones=["+79990000105"]))
    assert (on_deal["deal_id"], on_deal["lead_id"]) == (converted["deal_id"], None)
    async with sales.tenant.client_as() as admin:
        lost = await admin.post(f"/v1/deals/{converted['deal_id']}/lose", json={"reason": "No budget"})
        assert lost.status_code == 200, lost.text
    [on_contact] = await tell(sales, call(phones=["+79990000105"]))
    assert (on_contact["contact_id"], on_contact["deal_id"]) == (converted["contact_id"], None)
    assert len(await activities(sales, contact_id=converted["contact_id"])) == 2


async def test_bad_item_is_refused_alone(sales):
    inbound = call()
    inbound["call"] = {**inbound["call"], "direction": "inbound"}
    answers = await tell(sales, inbound, call(phones=["nobody"]), {"id": "x"}, call(phones=[]))
    assert [(one["status"], one["result"]) for one in answers] == [
        (422, None), (422, None), (422, None), (201, "unmatched"),
    ]  # fmt: skip
    assert answers[1]["problem"]["errors"] == [{"pointer": "/phones/0", "detail": "is not a phone number"}]


async def test_own_line_never_matches_and_calls_need_the_scope(sales):
    await sales.ask(inquiry(phones=["+74950000010"]))
    told = call(phones=["+74950000010"])
    told["call"] = {**told["call"], "line_number": "+74950000010"}
    [answer] = await tell(sales, told)
    assert answer["result"] == "unmatched"
    async with sales.manager() as manager:
        assert (await manager.post("/v1/calls", json={"items": [call()]})).status_code == 403
    async with sales.tenant.core.client_as("integration", uuid4()) as stranger:
        answer = await stranger.post("/v1/calls", json={"items": [call()]})
    assert answer.status_code == 404


async def test_task_to_call_back_is_done_when_the_call_was_answered_after_all(sales):
    told = {"direction": "inbound", "result": "missed"}
    sent = inquiry(channel="call", call=told)
    [asked] = await sales.ask(sent)
    await sales.ask({**sent, "revision": 2, "call": {**told, "result": "answered"}})
    async with sales.tenant.client_as() as admin:
        found = await admin.get("/v1/activities", params={"kind": "task", "lead_id": asked["lead_id"]})
    [task] = found.json()["items"]
    assert (task["result"], task["completed_at"] is not None) == ("answered", True)
    assert [event["subject"] for event in await sales.events("activity.completed")] == [task["id"]]
