"""Submissions over the API: handed in, listed, read again, put into spam and out of it."""

from datetime import timedelta
from typing import Any

import pytest
from lead_intake.delivery.delivering import Deliverer
from lead_intake.submissions.closing import close_overdue
from lead_intake.submissions.schemas import SubmissionCreate
from leadkit import clock
from leadkit.ids import new_id
from sqlalchemy import text

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.receiving.test_door import SECRETS, mango
from tests.lead_intake.workspace import Workspace

CANONICAL: dict[str, Any] = {
    "person": {"full_name": "Анна Примерова"},
    "phones": ["8 (999) 000-02-04"],
    "emails": None,
    "attribution": {"last": {"source": "yandex", "medium": "cpc", "landing_url": "https://a.example/?phone=1"}},
    "budget": {"amount": "1500.00", "currency": "RUB"},
    "extra": {"crm": "old"},
}


async def test_a_canonical_inquiry_is_normalised_like_any_other(workspace: Workspace) -> None:
    source = await workspace.source(channel="api")
    answer = await workspace.client.post("/v1/submissions", json={**CANONICAL, "source_id": source["id"]})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["status"] == "ready"
    inquiry = made["inquiry"]
    assert inquiry["phones"] == ["+79990000204"]
    assert inquiry["budget"] == {"amount": "1500.00", "currency": "RUB"}
    assert inquiry["attribution"]["last"]["source"] == "yandex"
    assert inquiry["extra"]["crm"] == "old"
    assert (inquiry["channel"], inquiry["id"]) == ("api", made["id"])


def test_an_inquiry_in_an_object_of_its_own_and_what_has_no_place_are_taken() -> None:
    told = SubmissionCreate.model_validate(
        {"source_id": str(new_id()), "inquiry": {"phones": ["1"], "shoe_size": 44}, "revision": 3, "tags": ["a"]}
    )
    assert (told.phones, told.extra) == (["1"], {"shoe_size": 44, "tags": ["a"]})


async def test_a_repeat_by_id_external_id_or_key_is_answered_with_the_first(workspace: Workspace) -> None:
    source = await workspace.source(channel="api")
    given = str(new_id())
    for extra, headers in (({"id": given}, {}), ({"external_id": "x-1"}, {}), ({}, {"Idempotency-Key": "k"})):
        body = {**CANONICAL, "source_id": source["id"], **extra}
        answers = [await workspace.client.post("/v1/submissions", json=body, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (await workspace.submission(given))["status"] == "ready"


async def test_bulk_answers_item_by_item(workspace: Workspace) -> None:
    source = await workspace.source(channel="api")
    good = {"source_id": source["id"], "phones": ["89990000204"]}
    items = [good, {"source_id": str(new_id())}, "nonsense", {**good, "phones": ["89990000205"]}, {**good, "phones": 5}]
    answer = await workspace.client.post("/v1/submissions/bulk", json={"items": items})
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [201, 422, 422, 201, 422]
    assert [one["index"] for one in results] == list(range(5))
    assert results[1]["problem"]["errors"][0]["pointer"] == "/source_id"
    assert {one["id"] for one in await workspace.submissions()} == {results[0]["id"], results[3]["id"]}


async def test_the_list_filters_and_pages(workspace: Workspace) -> None:
    form, api = await workspace.source(), await workspace.source(channel="api")
    for number in range(5):
        await workspace.received(form, json={"name": f"Иван Номер{number}", "phone": f"8999000020{number}"})
    await workspace.received(form, json={"name": "Без контакта"})
    await workspace.client.post("/v1/submissions", json={**CANONICAL, "source_id": api["id"], "external_id": "x-9"})
    counts = {
        "status=ready": 6, "status=ready,interest": 7, "channel=api": 1, "provider=mango_office": 0,
        f"source_id={form['id']}": 6, "q=номер3": 1, "q=9990000203": 1, "q=x-9": 1, "q=%25": 422, "q=100%25": 0,
        "q=номер3 иван": 1, "q=8 (999) 000-02-03": 1,
        "received_from=2100-01-01T00:00:00Z": 0, "received_to=2100-01-01T00:00:00Z": 7, "status=odd": 422,
    }  # fmt: skip
    for query, count in counts.items():
        answer = await workspace.client.get(f"/v1/submissions?{query}")
        assert (answer.status_code if count == 422 else len(answer.json()["items"])) == count, query
    page = (await workspace.client.get("/v1/submissions?limit=4&include_total=true")).json()
    rest = (await workspace.client.get("/v1/submissions", params={"limit": 4, "cursor": page["next_cursor"]})).json()
    assert (page["total"], len(page["items"]), len(rest["items"])) == (7, 4, 3)
    times = [one["received_at"] for one in page["items"] + rest["items"]]
    assert times == sorted(times, reverse=True)


async def test_a_replay_reads_raw_as_the_source_is_set_now(workspace: Workspace) -> None:
    source = await workspace.source(settings={"default_region": "RU"})
    submission = await workspace.received(source, json={"phone": "030 901820", "name": "Anna"})
    assert submission["inquiry"]["phones"] != ["+4930901820"]
    german = {"settings": {"default_region": "DE"}}
    await workspace.client.patch(f"/v1/sources/{source['id']}", json=german, headers={"If-Match": '"1"'})
    answer = await workspace.client.post(f"/v1/submissions/{submission['id']}/replay")
    assert answer.status_code == 202
    assert answer.json()["status"] == "ready"
    assert answer.json()["inquiry"]["phones"] == ["+4930901820"]
    assert answer.json()["inquiry"]["revision"] == 2
    assert answer.json()["version"] == 2


async def test_a_duplicate_stays_one_when_it_is_replayed(workspace: Workspace) -> None:
    source = await workspace.source()
    for _ in range(2):
        await workspace.received(source, json={"phone": "89990000204"})
    (duplicate,) = await workspace.submissions(status="duplicate")
    replayed = await workspace.client.post(f"/v1/submissions/{duplicate['id']}/replay")
    assert replayed.json()["status"] == "duplicate"


async def test_what_was_unreadable_and_holds_several_gives_them_all_at_a_replay(workspace: Workspace) -> None:
    source = await workspace.source()
    broken = b'[{"phone": "89990000204"}, {"phone": "89990000205"}'
    submission = await workspace.received(source, content=broken, headers={"Content-Type": "application/json"})
    assert submission["status"] == "unreadable"
    async with workspace.intake.db.transaction(role="worker") as session:  # as if the reader had been mended
        await session.execute(text("UPDATE raw_request SET body = body || ']'::bytea"))
    replayed = await workspace.client.post(f"/v1/submissions/{submission['id']}/replay")
    assert replayed.json()["status"] == "ready"
    phones = sorted(one["inquiry"]["phones"][0] for one in await workspace.submissions(status="ready"))
    assert phones == ["+79990000204", "+79990000205"]


async def test_spam_can_be_released_for_good(workspace: Workspace) -> None:
    spam = await workspace.received(await workspace.source(), json={"phone": "89990000204", "website": "x"})
    assert (spam["status"], spam["reason"]) == ("spam", "honeypot")
    released = await workspace.client.post(f"/v1/submissions/{spam['id']}/release")
    assert (released.status_code, released.json()["status"]) == (200, "ready")
    assert (await workspace.client.post(f"/v1/submissions/{spam['id']}/replay")).json()["status"] == "ready"
    again = await workspace.client.post(f"/v1/submissions/{spam['id']}/release")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-spam")


async def test_what_crm_core_has_is_not_put_into_spam(workspace: Workspace) -> None:
    source = await workspace.source()
    early = await workspace.received(source, json={"phone": "89990000204"})
    marked = await workspace.client.post(f"/v1/submissions/{early['id']}/mark-spam")
    assert (marked.status_code, marked.json()["status"]) == (200, "spam")
    late = await workspace.received(source, json={"phone": "89990000205"})
    await Deliverer(workspace.intake.db, CrmCore().client).step()
    answer = await workspace.client.post(f"/v1/submissions/{late['id']}/mark-spam")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-late-for-spam")
    told = [event["data"]["status"] for event in await workspace.intake.events("submission.recorded")]
    assert told == ["ready", "spam", "ready", "delivered"]


async def test_a_call_whose_end_is_never_told_is_missed_after_two_hours(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    ringing = {"entry_id": "QQ==", "call_id": "c", "timestamp": 1773130503, "seq": 1, "call_state": "Appeared"}
    ringing |= {"location": "abonent", "from": {"number": "79990000101"}, "to": {"line_number": "74950000010"}}
    await workspace.door(source, "/events/call", data=mango(ringing))
    (pending,) = await workspace.submissions(status="pending")
    db, sealer, now = workspace.intake.db, workspace.intake.app.state.sealer, clock.now()
    assert await close_overdue(db, sealer, now=now + timedelta(hours=1, minutes=59)) == 0
    assert await close_overdue(db, sealer, now=now + timedelta(hours=2, seconds=1)) == 1
    submission = await workspace.submission(pending["id"])
    assert (submission["status"], submission["inquiry"]["call"]["result"]) == ("ready", "missed")
    assert await close_overdue(db, sealer, now=now + timedelta(hours=3)) == 0


async def test_events_carry_no_personal_data_and_no_query_of_an_address(workspace: Workspace) -> None:
    source = await workspace.source(channel="api")
    await workspace.client.post("/v1/submissions", json={**CANONICAL, "source_id": source["id"]})
    (event,) = await workspace.intake.events("submission.recorded")
    assert event["data"]["attribution"]["last"]["landing_url"] == "https://a.example/"
    for secret in ("Анна", "9990000204", "phone=1", "old"):
        assert secret not in str(event["data"])


async def test_a_snapshot_tells_what_the_feed_told_last(workspace: Workspace) -> None:
    source = await workspace.source()
    for number in range(3):
        await workspace.received(source, json={"phone": f"8999000020{number}"})
    await Deliverer(workspace.intake.db, CrmCore().client).step()
    last = {event["subject"]: event["data"] for event in await workspace.intake.events("submission.recorded")}
    async with workspace.intake.client_as("platform") as reader:
        states: dict[str, Any] = {}
        cursor = None
        while True:
            params: dict[str, str] = {"type": "submission", "limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await reader.get("/v1/snapshot", params=params)).json()
            states |= {item["subject"]: item["data"] for item in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert states == last


@pytest.mark.parametrize("path", ["replay", "release", "mark-spam"])
async def test_an_unknown_submission_is_404(workspace: Workspace, path: str) -> None:
    assert (await workspace.client.post(f"/v1/submissions/{new_id()}/{path}")).status_code == 404


async def test_without_the_workspace_setting_a_raw_query_sees_no_row(workspace: Workspace) -> None:
    await workspace.received(await workspace.source(), json={"phone": "89990000204"})
    async with workspace.intake.db.transaction() as session:
        for table in ("submission", "raw_request", "submission_raw", "source", "outbox"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    async with workspace.intake.db.transaction(workspace.id) as session:
        assert await session.scalar(text("SELECT count(*) FROM submission")) == 1
