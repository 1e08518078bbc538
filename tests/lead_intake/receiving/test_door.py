"""The door: what goes in, what is answered, what is kept."""

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from lead_intake.receiving.wire import headers_of
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.lead_intake.workspace import Workspace

ANNA = {"name": "Анна Примерова", "phone": "8 (999) 000-02-04", "message": "Сколько стоит?"}
SECRETS = {"vpbx_api_key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "vpbx_api_salt": "testsalt00000000000000000000salt"}
FORM = "application/x-www-form-urlencoded"
SIZE = 10 * 1024 * 1024


def mango(event: dict[str, Any], secrets: dict[str, str] = SECRETS) -> dict[str, str]:
    """A notice of MANGO OFFICE, signed."""
    text = json.dumps(event)
    signed = secrets["vpbx_api_key"] + text + secrets["vpbx_api_salt"]
    sign = hashlib.sha256(signed.encode()).hexdigest()
    return {"vpbx_api_key": secrets["vpbx_api_key"], "sign": sign, "json": text}


def missed_call(entry: str = "MTkyODM3", **fields: Any) -> dict[str, Any]:
    times = {"create_time": 1773130502, "forward_time": 0, "talk_time": 0, "end_time": 1773130539}
    caller = {"from": {"number": "79990000101"}, "to": {"extension": "101"}, "line_number": "74950000010"}
    return {"entry_id": entry, "call_direction": 1, **caller, **times, "entry_result": 0, **fields}


@pytest.mark.parametrize(
    "sent",
    [
        {"json": ANNA},
        {"data": ANNA},
        {"files": {name: (None, value) for name, value in ANNA.items()}},
        {"content": urlencode(ANNA, encoding="cp1251"), "headers": {"Content-Type": f"{FORM}; charset=windows-1251"}},
    ],
    ids=["json", "urlencoded", "multipart", "windows-1251"],
)  # fmt: skip
async def test_a_form_is_stored_normalised_whatever_its_encoding(workspace: Workspace, sent: dict[str, Any]) -> None:
    submission = await workspace.received(await workspace.source(), **sent)
    assert submission["status"] == "ready"
    assert submission["inquiry"]["phones"] == ["+79990000204"]
    assert submission["inquiry"]["person"]["full_name"] == "Анна Примерова"
    assert submission["inquiry"]["message"] == "Сколько стоит?"
    assert any(line["field"] == "phones/0" and line["warning"] for line in submission["report"])
    assert len(submission["raw"]) == 1


async def test_the_answer_names_the_submission_and_nothing_that_was_decided(workspace: Workspace) -> None:
    source = await workspace.source()
    person = await workspace.door(source, json=ANNA)
    robot = await workspace.door(source, json={**ANNA, "message": "buy", "website": "http://spam.example"})
    assert person.status_code == robot.status_code == 202
    assert person.json().keys() == robot.json().keys() == {"submission_id", "submission_ids", "status"}
    assert person.json()["status"] == robot.json()["status"] == "received"
    assert (await workspace.submission(robot.json()["submission_id"]))["status"] == "spam"


async def test_a_plain_html_form_is_sent_on(workspace: Workspace) -> None:
    source = await workspace.source(redirect_url="https://www.example.ru/thanks")
    answer = await workspace.door(source, data=ANNA, headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://www.example.ru/thanks"
    assert len(await workspace.submissions(status="ready")) == 1


@pytest.mark.parametrize("body", [b"{not json", b"\xff\xfe\x00", b'{"a": "\xd0"}', b"[1, 2", b'"text"'])
async def test_rubbish_is_kept_and_answered_with_success(workspace: Workspace, body: bytes) -> None:
    source = await workspace.source()
    submission = await workspace.received(source, content=body, headers={"Content-Type": "application/json"})
    assert submission["status"] in ("unreadable", "ignored", "interest")
    assert len(submission["raw"]) == 1


async def test_what_cannot_be_stored_as_text_is_stored_all_the_same(workspace: Workspace) -> None:
    source = await workspace.source()
    nul = await workspace.received(source, content=b'{"phone": "89990000204", "message": "a\\u0000b \\ud800 c"}')
    assert nul["status"] == "ready"
    assert "\x00" not in nul["inquiry"]["message"]
    answer = await workspace.door(source, rest="/a%00b", json={"phone": "89990000205"})
    assert answer.status_code == 202


async def test_a_phone_that_is_none_is_a_warning_and_a_person_without_contact_an_interest(workspace: Workspace) -> None:
    submission = await workspace.received(await workspace.source(), json={"name": "Анна", "phone": "позвоните"})
    assert submission["status"] == "interest"
    assert any(line["field"].startswith("phones") and line["warning"] for line in submission["report"])


async def test_several_leads_in_one_array_are_a_submission_each(workspace: Workspace) -> None:
    source = await workspace.source()
    answer = await workspace.door(source, json=[ANNA, {**ANNA, "phone": "89990000205"}])
    assert answer.status_code == 202
    ids = answer.json()["submission_ids"]
    assert len(set(ids)) == 2
    first, second = [await workspace.submission(one) for one in ids]
    assert [first["inquiry"]["phones"], second["inquiry"]["phones"]] == [["+79990000204"], ["+79990000205"]]
    assert first["raw"][0]["id"] == second["raw"][0]["id"]


async def test_an_unknown_key_is_404_and_a_disabled_source_410(workspace: Workspace) -> None:
    source = await workspace.source(enabled=False)
    unknown = await workspace.door({"key": "nobody"}, json=ANNA)
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
    disabled = await workspace.door(source, json=ANNA)
    assert (disabled.status_code, disabled.json()["type"]) == (410, "/problems/source-disabled")
    assert disabled.headers["content-type"] == "application/problem+json"
    assert await workspace.submissions() == []


async def test_a_body_past_ten_mebibytes_is_refused_announced_or_not(workspace: Workspace) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * (1024 * 1024)

    source = await workspace.source()
    assert (await workspace.door(source, content=b"x" * (SIZE + 1))).status_code == 413
    assert (await workspace.door(source, content=streamed())).status_code == 413
    largest = await workspace.door(source, content=b"x" * SIZE, headers={"Content-Type": "text/plain"})
    assert largest.status_code == 202


async def test_other_methods_are_405_and_a_get_is_a_providers_right(workspace: Workspace) -> None:
    source = await workspace.source()
    refused = await workspace.door(source, method="DELETE")
    assert refused.status_code == 405
    assert "POST" in refused.headers["allow"]
    answer = await workspace.door(source, method="GET", params=ANNA)
    assert answer.status_code == 202
    assert (await workspace.submission(answer.json()["submission_id"]))["inquiry"]["phones"] == ["+79990000204"]


async def test_every_answer_carries_the_request_id(workspace: Workspace) -> None:
    source = await workspace.source()
    named = await workspace.door(source, json=ANNA, headers={"X-Request-Id": "abc-1"})
    assert named.headers["x-request-id"] == "abc-1"
    assert (await workspace.door({"key": "nobody"})).headers["x-request-id"]
    told = await workspace.intake.events("submission.recorded")
    assert [event["requestid"] for event in told] == ["abc-1"]


async def test_only_pages_of_allowed_origins_may_post(workspace: Workspace) -> None:
    source = await workspace.source(allowed_origins=["https://www.example.ru", "*.example.com"])
    for origin, status in (
        ("https://www.example.ru", 202), ("https://shop.example.com", 202), ("http://www.example.ru", 403),
        ("https://example.org", 403), ("https://badexample.com", 403),
    ):  # fmt: skip
        answer = await workspace.door(source, json={**ANNA, "message": origin}, headers={"Origin": origin})
        assert answer.status_code == status, origin
        assert (answer.headers.get("access-control-allow-origin") == origin) == (status == 202)
    assert (await workspace.door(source, json=ANNA)).status_code == 202


async def test_a_browser_may_ask_before_it_posts(workspace: Workspace) -> None:
    source = await workspace.source(allowed_origins=["https://www.example.ru"])
    asked = {"Origin": "https://www.example.ru", "Access-Control-Request-Method": "POST"}
    allowed = await workspace.door(source, method="OPTIONS", headers=asked)
    assert allowed.status_code == 204
    assert "Idempotency-Key" in allowed.headers["access-control-allow-headers"]
    refused = await workspace.door(source, method="OPTIONS", headers={**asked, "Origin": "https://example.org"})
    assert refused.status_code == 403


async def test_limits_are_per_source_and_per_address_where_browsers_post(workspace: Workspace) -> None:
    narrow = await workspace.source(settings={"requests_per_minute_per_address": 2})
    answers = [await workspace.door(narrow, json={**ANNA, "message": str(number)}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) > 0
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    whole = await workspace.source("mango_office", "call", secrets=SECRETS, settings={"requests_per_minute": 1})
    calls = [await workspace.door(whole, "/events/summary", data=mango(missed_call(str(entry)))) for entry in (1, 2)]
    assert [answer.status_code for answer in calls] == [200, 429]


async def test_a_signed_call_is_taken_in_without_its_secrets(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    answer = await workspace.door(source, "/events/summary", data=mango(missed_call()))
    assert (answer.status_code, answer.content) == (200, b"")
    (listed,) = await workspace.submissions()
    submission = await workspace.submission(listed["id"])
    assert submission["status"] == "ready"
    assert submission["inquiry"]["call"]["result"] == "missed"
    assert submission["inquiry"]["phones"] == ["+79990000101"]
    assert SECRETS["vpbx_api_key"] not in json.dumps(submission["raw"])
    assert "*" * len(SECRETS["vpbx_api_key"]) in submission["raw"][0]["body"]


async def test_several_events_of_one_call_are_one_submission(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    summary = missed_call("QQ==")
    recording = {"entry_id": "QQ==", "recording_id": "R1", "recording_state": "Completed", "timestamp": 1773130540}
    recording |= {"completion_code": 1000, "call_id": "c", "seq": 1}
    await workspace.door(source, "/events/recording", data=mango(recording))
    (first,) = await workspace.submissions()
    assert first["status"] == "pending"
    await workspace.door(source, "/events/summary", data=mango(summary))
    await workspace.door(source, "/events/summary", data=mango(summary))
    (listed,) = await workspace.submissions()
    submission = await workspace.submission(listed["id"])
    assert submission["id"] == first["id"]
    assert submission["status"] == "ready"
    assert submission["inquiry"]["extra"]["recording_id"] == "R1"
    assert submission["inquiry"]["revision"] == 2
    assert len(submission["raw"]) == 3
    events = await workspace.intake.events("submission.recorded")
    assert [event["data"]["version"] for event in events] == [1, 2]


async def test_another_workspace_sees_nothing_of_it(workspace: Workspace, intake: RunningService) -> None:
    source = await workspace.source()
    submission = await workspace.received(source, json=ANNA)
    async with intake.client_as("admin", new_id()) as stranger:
        for path in (f"/v1/submissions/{submission['id']}", f"/v1/sources/{source['id']}"):
            assert (await stranger.get(path)).status_code == 404
        for path in ("/v1/submissions", "/v1/sources", "/v1/refused"):
            assert (await stranger.get(path)).json()["items"] == []
        assert (await stranger.post(f"/v1/submissions/{submission['id']}/replay")).status_code == 404


def test_headers_that_come_twice_are_joined() -> None:
    assert headers_of({"headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2")]}) == {"cookie": "a=1, b=2"}
