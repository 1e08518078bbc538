"""Recording inquiries over HTTP: what is created, attached, repeated, updated and refused."""

from typing import Any
from uuid import uuid4

import pytest
from leadkit.ids import new_id


def inquiry(**values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "channel": "form", "person": {"full_name": "Иван Петров"}, **values}


async def test_first_inquiry_of_a_person_makes_an_assigned_lead(sales):
    [answer] = await sales.ask(
        inquiry(
            phones=["+74951234567"],
            emails=["Ivan@Example.com"],
            message="Нужен расчёт",
            attribution={"last": {"source": "yandex", "medium": "cpc", "landing_url": "https://a.ru/?utm=1&p=Иван"}},
        )
    )
    assert (answer["status"], answer["result"]) == (201, "created")
    lead = await sales.lead(answer["lead_id"])
    assert lead["status"] == "assigned"
    assert lead["owner_id"] in map(str, sales.managers)
    assert lead["phones"] == ["+74951234567"]
    assert lead["emails"] == ["ivan@example.com"]
    assert lead["inquiry_count"] == 1
    assert set(lead["reached"]) == {"new", "assigned"}


async def test_second_inquiry_is_attached_and_fills_up_the_card(sales):
    [first] = await sales.ask(inquiry(person={}, phones=["+74951234567"]))
    [second] = await sales.ask(
        inquiry(
            phones=["8 (495) 123-45-67"],
            emails=["ivan@example.com"],
            person={"full_name": "Иван", "company": "Ромашка"},
        )
    )
    assert (second["result"], second["lead_id"]) == ("attached", first["lead_id"])
    lead = await sales.lead(first["lead_id"])
    assert lead["inquiry_count"] == 2
    assert lead["company"] == "Ромашка"
    assert lead["emails"] == ["ivan@example.com"]
    [third] = await sales.ask(inquiry(emails=["ivan@example.com"]))
    assert third["lead_id"] == first["lead_id"]


async def test_a_lead_keeps_the_attribution_of_its_first_inquiry(sales):
    [first] = await sales.ask(inquiry(phones=["+74951234567"], attribution={"last": {"source": "yandex"}}))
    await sales.ask(inquiry(phones=["+74951234567"], attribution={"last": {"source": "google"}}))
    assert (await sales.lead(first["lead_id"]))["attribution"]["last"]["source"] == "yandex"


async def test_inquiries_of_one_person_in_one_batch_make_one_lead_also_by_way_of_a_third(sales):
    answers = await sales.ask(
        inquiry(phones=["+74951234567"]),
        inquiry(phones=["+74951234567"], emails=["ivan@example.com"]),
        inquiry(emails=["ivan@example.com"]),
        inquiry(phones=["+74957654321"]),
    )
    assert [answer["result"] for answer in answers] == ["created", "attached", "attached", "created"]
    assert len({answer["lead_id"] for answer in answers}) == 2
    assert (await sales.lead(answers[0]["lead_id"]))["inquiry_count"] == 3


async def test_repeat_of_an_inquiry_is_answered_with_the_stored_result(sales):
    sent = inquiry(phones=["+74951234567"])
    [first] = await sales.ask(sent)
    [again] = await sales.ask(sent)
    assert again == {**first, "status": 200}
    assert (await sales.lead(first["lead_id"]))["inquiry_count"] == 1
    assert len(await sales.events("inquiry.recorded")) == 1


async def test_the_same_inquiry_twice_in_a_batch_counts_once(sales):
    sent = inquiry(phones=["+74951234567"])
    first, again = await sales.ask(sent, sent)
    assert (first["status"], again["status"]) == (201, 200)
    assert again["lead_id"] == first["lead_id"]
    assert (await sales.lead(first["lead_id"]))["inquiry_count"] == 1


async def test_higher_revision_updates_the_inquiry_and_its_activity(sales):
    call = {"direction": "inbound", "result": "answered"}
    sent = inquiry(channel="call", phones=["+74951234567"], call=call)
    [first] = await sales.ask(sent)
    later = {**sent, "revision": 2, "call": {**call, "recording_url": "https://rec/1", "duration_seconds": 61}}
    [updated] = await sales.ask(later)
    assert (updated["status"], updated["result"], updated["lead_id"]) == (200, "updated", first["lead_id"])
    [lower] = await sales.ask(sent)
    assert lower["result"] == "created"
    async with sales.tenant.client_as() as admin:
        found = (await admin.get("/v1/activities", params={"lead_id": first["lead_id"]})).json()["items"]
    assert [(one["kind"], one["data"]["duration_seconds"]) for one in found] == [("call", 61)]
    assert [event["data"]["version"] for event in await sales.events("inquiry.recorded")] == [1, 2]
    assert len(await sales.leads()) == 1


async def test_a_later_revision_in_the_same_batch_updates_what_the_first_made(sales):
    sent = inquiry(phones=["+74951234567"])
    first, updated = await sales.ask(sent, {**sent, "revision": 2, "message": "И ещё"})
    assert (first["result"], updated["result"]) == ("created", "updated")
    assert (await sales.lead(first["lead_id"]))["message"] == "И ещё"


async def test_invalid_items_fail_alone_and_say_where(sales):
    good, no_contact, bad_phone, rubbish, nul = await sales.ask(
        inquiry(phones=["+74951234567"]),
        inquiry(),
        inquiry(phones=["12"], emails=["ivan@example.com"]),
        "rubbish",
        inquiry(phones=["+74951234568"], message="a\0b"),
    )
    assert good["status"] == 201
    assert [one["status"] for one in (no_contact, bad_phone, rubbish, nul)] == [422] * 4
    assert bad_phone["problem"]["errors"][0]["pointer"] == "/phones/0"
    assert rubbish["id"] is None
    assert len(await sales.leads()) == 1


async def test_text_that_only_looks_like_a_nul_is_kept(sales):
    [answer] = await sales.ask(inquiry(phones=["+74951234567"], message="a\\u0000b \\\\u0000"))
    assert (await sales.lead(answer["lead_id"]))["message"] == "a\\u0000b \\\\u0000"


async def test_null_counts_as_absent(sales):
    [answer] = await sales.ask(inquiry(phones=["+74951234567"], emails=None, person=None, extra=None, attribution=None))
    assert answer["status"] == 201


async def test_missed_call_leaves_a_call_and_a_task_to_call_back(sales):
    [answer] = await sales.ask(
        inquiry(channel="call", phones=["+74951234567"], call={"direction": "inbound", "result": "missed"})
    )
    lead = await sales.lead(answer["lead_id"])
    async with sales.tenant.client_as() as admin:
        found = (await admin.get("/v1/activities", params={"lead_id": answer["lead_id"]})).json()["items"]
    assert {one["kind"] for one in found} == {"call", "task"}
    [task] = [one for one in found if one["kind"] == "task"]
    assert task["due_at"] is not None
    assert task["owner_id"] == lead["owner_id"]
    assert len(await sales.events("activity.missed")) == 1


async def test_the_line_that_was_called_is_nobody(sales):
    call = {"direction": "inbound", "result": "answered", "line_number": "+74950000000"}
    answers = await sales.ask(
        inquiry(channel="call", phones=["+74951234567", "+74950000000"], call=call),
        inquiry(channel="call", phones=["+74957654321", "+74950000000"], call=call),
    )
    assert [answer["result"] for answer in answers] == ["created", "created"]


async def test_reply_goes_to_the_lead_of_its_thread(sales):
    [first] = await sales.ask(inquiry(channel="email", external_id="<a@x>", emails=["ivan@example.com"]))
    [reply] = await sales.ask(
        inquiry(channel="email", external_id="<b@x>", in_reply_to="<a@x>", emails=["ivan.private@example.com"])
    )
    assert (reply["result"], reply["lead_id"]) == ("attached", first["lead_id"])
    [further] = await sales.ask(
        inquiry(channel="email", in_reply_to="<lost@x>", references=["<a@x>", "<b@x>"], emails=["other@example.com"])
    )
    assert further["lead_id"] == first["lead_id"]


async def test_reply_within_one_batch_finds_the_message_it_answers(sales):
    first, reply = await sales.ask(
        inquiry(channel="email", external_id="<a@x>", emails=["ivan@example.com"]),
        inquiry(channel="email", in_reply_to="<a@x>", emails=["other@example.com"]),
    )
    assert reply["lead_id"] == first["lead_id"]


async def test_reply_to_an_unknown_thread_makes_a_lead(sales):
    [answer] = await sales.ask(inquiry(channel="email", in_reply_to="<gone@x>", emails=["ivan@example.com"]))
    assert answer["result"] == "created"


async def test_phone_decides_before_email_and_the_other_is_suggested_as_a_duplicate(sales):
    by_phone, by_email = await sales.ask(inquiry(phones=["+74951234567"]), inquiry(emails=["ivan@example.com"]))
    [both] = await sales.ask(inquiry(emails=["ivan@example.com"], phones=["+74951234567"]))
    assert both["lead_id"] == by_phone["lead_id"]
    async with sales.tenant.client_as() as admin:
        seen = (await admin.get(f"/v1/leads/{by_email['lead_id']}/duplicates")).json()["items"]
    assert [one["lead_id"] for one in seen] == [by_phone["lead_id"]]
    assert (await sales.lead(by_phone["lead_id"]))["emails"] == []


async def test_a_postponed_lead_comes_back(sales):
    [first] = await sales.ask(inquiry(phones=["+74951234567"]))
    await sales.step(first["lead_id"], "postpone", until="2099-01-01T00:00:00Z")
    [second] = await sales.ask(inquiry(phones=["+74951234567"]))
    assert (second["result"], second["lead_id"]) == ("attached", first["lead_id"])
    lead = await sales.lead(first["lead_id"])
    assert (lead["status"], lead["postponed_until"]) == ("assigned", None)
    assert len(await sales.events("lead.reopened")) == 1


@pytest.mark.parametrize(("policy", "result"), [("reopen", "reopened"), ("new", "created")])
async def test_a_disqualified_lead_is_reopened_or_not_as_the_workspace_is_set(sales, policy, result):
    async with sales.tenant.core.client_as("platform") as platform:
        version = (await platform.get(f"/v1/workspaces/{sales.tenant.id}")).headers["ETag"]
        (
            await platform.patch(
                f"/v1/workspaces/{sales.tenant.id}", json={"closed_lead_policy": policy}, headers={"If-Match": version}
            )
        ).raise_for_status()
    [first] = await sales.ask(inquiry(phones=["+74951234567"]))
    await sales.step(first["lead_id"], "start")
    await sales.step(first["lead_id"], "disqualify", reason="no money")
    [second] = await sales.ask(inquiry(phones=["+74951234567"]))
    assert second["result"] == result
    lead = await sales.lead(second["lead_id"])
    if policy == "reopen":
        assert second["lead_id"] == first["lead_id"]
        assert (lead["status"], lead["loss_reason_id"], lead["loss_note"]) == ("in_progress", None, None)
    else:
        assert second["lead_id"] != first["lead_id"]
        assert lead["repeat"] is True


async def test_inquiry_of_a_person_with_an_open_deal_goes_onto_the_deal_and_a_missed_call_gets_its_task(sales):
    [first] = await sales.ask(inquiry(phones=["+74951234567"], product="Окна"))
    lead = await sales.step(first["lead_id"], "convert")
    [second] = await sales.ask(
        inquiry(channel="call", phones=["+74951234567"], call={"direction": "inbound", "result": "missed"})
    )
    assert (second["result"], second["deal_id"]) == ("attached", lead["deal_id"])
    assert second["contact_id"] == lead["contact_id"]
    async with sales.tenant.client_as() as admin:
        found = (await admin.get("/v1/activities", params={"deal_id": lead["deal_id"]})).json()["items"]
    assert {one["kind"] for one in found} == {"call", "task"}
    assert len(await sales.leads()) == 1


async def test_a_known_contact_never_swallows_an_inquiry(sales):
    [first] = await sales.ask(inquiry(phones=["+74951234567"]))
    converted = await sales.step(first["lead_id"], "convert")
    async with sales.tenant.client_as() as admin:
        (await admin.post(f"/v1/deals/{converted['deal_id']}/lose", json={"reason": "price"})).raise_for_status()
    [again] = await sales.ask(inquiry(phones=["+74951234567"]))
    assert again["result"] == "created"
    lead = await sales.lead(again["lead_id"])
    assert (lead["repeat"], lead["contact_id"]) == (True, converted["contact_id"])


async def test_events_tell_the_whole_state_and_nothing_personal(sales):
    [answer] = await sales.ask(
        inquiry(
            phones=["+74951234567"],
            emails=["ivan@example.com"],
            subject="Секрет",
            message="Секрет",
            extra={"note": "Секрет"},
            attribution={
                "first": {"source": "yandex", "campaign": "spring", "landing_url": "https://a.ru/x?phone=1#y"},
                "last": {"source": "direct", "page_url": "https://a.ru/z?email=2"},
            },
        )
    )
    events = await sales.events()
    of_lead = [event for event in events if event["subject"] == answer["lead_id"]]
    assert [event["type"] for event in of_lead] == ["lead.created", "lead.assigned"]
    assert [event["data"]["version"] for event in of_lead] == [1, 2]
    assert of_lead[0]["data"]["status"] == "new"
    data = of_lead[1]["data"]
    assert (data["status"], data["owner_id"]) == ("assigned", (await sales.lead(answer["lead_id"]))["owner_id"])
    assert data["attribution"]["last_non_direct"]["campaign"] == "spring"
    assert data["attribution"]["first"]["landing_url"] == "https://a.ru/x"
    [recorded] = [event for event in events if event["type"] == "inquiry.recorded"]
    assert (recorded["data"]["lead_id"], recorded["data"]["direct"]) == (answer["lead_id"], True)
    told = str([event for event in events if event["type"].partition(".")[0] in ("lead", "inquiry", "activity")])
    for personal in ("Иван", "4951234567", "example.com", "Секрет", "phone=1", "email=2"):
        assert personal not in told


async def test_what_lead_intake_delivers_is_not_direct(sales):
    async with sales.tenant.core.platform_in(sales.tenant.id) as intake:
        await intake.post("/v1/inquiries", json={"items": [inquiry(phones=["+74951234567"])]})
    [recorded] = await sales.events("inquiry.recorded")
    assert recorded["data"]["direct"] is False


async def test_times_are_not_after_their_receipt(sales):
    [answer] = await sales.ask(
        inquiry(phones=["+74951234567"], occurred_at="2099-01-01T00:00:00Z", received_at="2026-01-02T00:00:00Z")
    )
    lead = await sales.lead(answer["lead_id"])
    assert lead["occurred_at"] == lead["reached"]["new"] == "2026-01-02T00:00:00Z"


async def test_a_workspace_knows_only_its_own_people(sales, stranger):
    sent = inquiry(phones=["+74951234567"])
    [own] = await sales.ask(sent)
    async with stranger.client_as() as other:
        answer = (await other.post("/v1/inquiries", json={"items": [sent]})).json()["results"][0]
        assert answer["result"] == "created"
        assert answer["lead_id"] != own["lead_id"]
        assert (await other.get(f"/v1/leads/{own['lead_id']}")).status_code == 404


@pytest.mark.parametrize("items", [[], [{}] * 501, "no list"])
async def test_a_batch_has_1_to_500_items(sales, items):
    async with sales.tenant.client_as("integration") as client:
        assert (await client.post("/v1/inquiries", json={"items": items})).status_code == 422


async def test_posting_needs_the_scope(sales):
    async with sales.manager() as manager:
        answer = await manager.post("/v1/inquiries", json={"items": [inquiry(phones=["+74951234567"])]})
    assert answer.status_code == 403


async def test_any_uuid_may_be_an_id(sales):
    [answer] = await sales.ask(inquiry(phones=["+74951234567"]) | {"id": str(uuid4())})
    assert answer["status"] == 201
