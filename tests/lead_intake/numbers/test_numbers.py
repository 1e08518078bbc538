"""`/v1/numbers`: naming numbers, moving them, and what calls to them get."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from leadkit import clock
from leadkit.contracts.common import written

from tests.lead_intake.workspace import Workspace

Json = dict[str, Any]
SPRING = {"source": "yandex", "medium": "cpc", "campaign": "spring"}


async def named(workspace: Workspace, expected: int = 201, **wish: Any) -> Json:
    answer = await workspace.client.post("/v1/numbers", json={"number": "+7 383 255-33-33", **wish})
    assert answer.status_code == expected, answer.text
    return dict(answer.json())


async def called(workspace: Workspace, source: Json, call_id: str, line: str = "73832553333") -> Json:
    form = {"id": call_id, "callerphone": "79990000121", "phonenumber": line, "duration": "5"}
    answer = await workspace.door(source, data=form)
    assert (answer.status_code, answer.text) == (200, "ok")
    [one] = [one for one in await workspace.submissions(source_id=source["id"]) if one["external_id"] == call_id]
    return one


def campaign(submission: Json) -> Any:
    last = submission["inquiry"]["attribution"]["last"]
    return last and last.get("campaign")


async def test_calls_get_the_campaign_of_the_number_and_keep_it_until_they_are_replayed(workspace: Workspace) -> None:
    source = await workspace.source(provider="calltouch", channel="call")
    made = await named(workspace, attribution=SPRING, label="Landing page")
    assert (made["number"], made["version"], made["kind"]) == ("+73832553333", 1, "static")
    before = await called(workspace, source, "1")
    assert campaign(before) == "spring"
    assert before["inquiry"]["subject"] == "Call to +7 383 255-33-33"
    assert campaign(await called(workspace, source, "2", line="74950000010")) is None
    patched = await workspace.client.patch(
        f"/v1/numbers/{made['id']}", json={"attribution": {"campaign": "summer"}}, headers={"If-Match": '"1"'}
    )
    assert patched.json()["attribution"]["campaign"] == "summer"
    another = await workspace.source(provider="calltouch", channel="call")
    assert campaign(await called(workspace, another, "3")) == "summer"
    assert campaign(await workspace.submission(before["id"])) == "spring"
    assert (await workspace.client.post(f"/v1/submissions/{before['id']}/replay")).status_code == 202
    assert campaign(await workspace.submission(before["id"])) == "summer"


async def test_replay_of_an_old_call_gets_what_the_number_stood_for_then(workspace: Workspace) -> None:
    source = await workspace.source(provider="calltouch", channel="call")
    moved = clock.now() + timedelta(minutes=10)
    await named(workspace, attribution=SPRING, valid_to=written(moved))
    await named(workspace, attribution={"source": "outdoor", "campaign": "summer"}, valid_from=written(moved))
    old = await called(workspace, source, "4")
    with clock.at(moved + timedelta(minutes=10)):
        assert campaign(await called(workspace, source, "5")) == "summer"
        assert (await workspace.client.post(f"/v1/submissions/{old['id']}/replay")).status_code == 202
    assert campaign(await workspace.submission(old["id"])) == "spring"


async def test_a_number_stands_for_one_thing_at_a_time_also_when_two_ask_at_once(workspace: Workspace) -> None:
    source = await workspace.source(provider="calltouch", channel="call")
    wish = {"number": "8 (383) 255-33-33"}
    answers = await asyncio.gather(*(workspace.client.post("/v1/numbers", json=wish) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["type"] == "/problems/number-taken"
    await named(workspace, source_id=source["id"])
    await named(workspace, 409, source_id=source["id"], valid_from=written(clock.now()))


async def test_wrong_wishes_say_where_they_are_wrong(workspace: Workspace) -> None:
    now = clock.now()
    for wish, pointer in (
        ({"number": "call us"}, "/number"),
        ({"source_id": str(uuid4())}, "/source_id"),
        ({"valid_from": written(now), "valid_to": written(now)}, "/valid_to"),
        ({"attribution": {"source": "x" * 300}}, "/attribution/source"),
        ({"kind": "wild"}, "/kind"),
    ):
        problem = await named(workspace, 422, **wish)
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_many_are_named_at_once_and_answered_one_by_one(workspace: Workspace) -> None:
    items = [{"number": f"+7495000{n:04}"} for n in range(3)] + [{"number": "+74950000001"}, {"number": "?"}, {}]
    answer = await workspace.client.post("/v1/numbers/bulk", json={"items": items})
    assert [one["status"] for one in answer.json()["results"]] == [201, 201, 201, 409, 422, 422]
    listed = await workspace.client.get("/v1/numbers", params={"include_total": True, "sort": "number", "limit": 2})
    assert [one["number"] for one in listed.json()["items"]] == ["+74950000000", "+74950000001"]
    assert listed.json()["total"] == 3
    one = await workspace.client.get("/v1/numbers", params={"number": "8 495 000-00-01", "at": written(clock.now())})
    assert [each["number"] for each in one.json()["items"]] == ["+74950000001"]


async def test_changes_are_versioned_and_what_is_forgotten_is_gone(workspace: Workspace) -> None:
    made = await named(workspace)
    path = f"/v1/numbers/{made['id']}"
    assert (await workspace.client.patch(path, json={"label": "x"})).status_code == 428
    changed = await workspace.client.patch(path, json={"label": "x", "valid_to": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["label"], changed.headers["ETag"]) == ("x", '"2"')
    assert (await workspace.client.patch(path, json={"label": "y"}, headers={"If-Match": '"1"'})).status_code == 412
    async with workspace.intake.client_as("admin", uuid4()) as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get("/v1/numbers")).json()["items"] == []
    assert (await workspace.client.delete(path)).status_code == 204
    assert (await workspace.client.get(path)).status_code == 404
    await named(workspace)
