"""Calls on their way: events over the wire in any order, recordings that come later, and the calls that we made."""

import hashlib
import itertools
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lead_intake.delivery.delivering import Deliverer
from lead_intake.submissions.closing import close_overdue
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Workspace

Json = dict[str, Any]
SECRETS = {"vpbx_api_key": "key-of-the-pbx", "vpbx_api_salt": "salt-of-the-pbx"}
CLIENT = "+79990000101"
numbers = itertools.count(1)


def event(path: str, entry: str, **fields: Any) -> tuple[str, Json]:
    return f"/events/{path}", {"entry_id": entry, **fields}


def call(entry: str, *, talked: int = 60, outbound: bool = False) -> list[tuple[str, Json]]:
    """All notices of one call, in the order in which they happen."""
    began = int(clock.now().timestamp()) - 600
    ours, theirs = {"extension": "101", "number": "sip:a@example.mangosip.ru"}, {"number": CLIENT[1:]}
    ends = {"from": ours, "to": theirs} if outbound else {"from": theirs, "to": ours}
    leg = {**ends, "call_id": f"{entry}-1", "location": "abonent"}
    talk = began + 10 if talked else 0
    return [
        event("call", entry, **leg, seq=1, call_state="Appeared", timestamp=began),
        event("call", entry, **leg, seq=2, call_state="Disconnected", timestamp=began + 10 + talked),
        event(
            "summary", entry, **ends, call_direction=2 if outbound else 1, line_number="74950000010", create_time=began,
            talk_time=talk, end_time=began + 10 + talked, entry_result=1 if talked else 0, disconnect_reason=1110,
        ),
        event("recording", entry, recording_id="rec-1", recording_state="Completed", timestamp=began + 80),
    ]  # fmt: skip


async def send(workspace: Workspace, source: Json, *events: tuple[str, Json]) -> None:
    for path, body in events:
        text = json.dumps(body)
        sign = hashlib.sha256(f"{SECRETS['vpbx_api_key']}{text}{SECRETS['vpbx_api_salt']}".encode()).hexdigest()
        form = urlencode({"vpbx_api_key": SECRETS["vpbx_api_key"], "sign": sign, "json": text}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await workspace.door(source, path, content=form, headers=headers)
        assert (answer.status_code, answer.text) == (200, "")


async def pbx(workspace: Workspace) -> Json:
    return await workspace.source(provider="mango_office", channel="call", secrets=SECRETS)


def deliverer(workspace: Workspace, core: CrmCore) -> Deliverer:
    return Deliverer(workspace.intake.db, core.client)


@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_notices_over_the_wire_in_any_order_make_one_inquiry(workspace: Workspace, data: Any) -> None:
    core, source, entry = CrmCore(), await pbx(workspace), f"call-{next(numbers)}"
    notices = call(entry)
    order = data.draw(st.permutations([*notices, *data.draw(st.lists(st.sampled_from(notices), max_size=2))]))
    pause = data.draw(st.integers(0, len(order)))
    await send(workspace, source, *order[:pause])
    await deliverer(workspace, core).step()
    await send(workspace, source, *order[pause:])
    await deliverer(workspace, core).step()
    [submission] = await workspace.submissions(source_id=source["id"])
    assert (submission["status"], submission["outcome"]["result"]) == ("delivered", "created")
    [known] = core.inquiries.values()
    assert known["item"]["extra"] == {"recording_id": "rec-1"}
    assert (known["item"]["call"]["result"], known["item"]["call"]["duration_seconds"]) == ("answered", 60)


async def test_recording_that_comes_minutes_later_is_delivered_as_an_update(workspace: Workspace) -> None:
    core, source = CrmCore(), await pbx(workspace)
    *notices, recording = call("call-a")
    await send(workspace, source, *notices)
    await deliverer(workspace, core).step()
    with clock.at(clock.now() + timedelta(minutes=5)):
        await send(workspace, source, recording, recording)
        await deliverer(workspace, core).step()
        assert await deliverer(workspace, core).step() == 0
    [one] = await workspace.submissions()
    submission = await workspace.submission(one["id"])
    assert [(one["revision"], one["result"]) for one in submission["attempts"]][-1][1] == "updated"
    assert submission["outcome"]["result"] == "created"
    assert submission["inquiry"]["extra"] == {"recording_id": "rec-1"}
    assert len(submission["raw"]) == 5


async def test_call_whose_end_is_never_told_is_missed_until_a_late_summary_says_more(
    workspace: Workspace,
) -> None:
    core, source = CrmCore(), await pbx(workspace)
    appeared, _, summary, _ = call("call-b")
    await send(workspace, source, appeared)
    assert await deliverer(workspace, core).step() == 0
    sealer = workspace.intake.app.state.sealer
    assert await close_overdue(workspace.intake.db, sealer, now=clock.now() + timedelta(minutes=119)) == 0
    assert await close_overdue(workspace.intake.db, sealer, now=clock.now() + timedelta(minutes=121)) == 1
    await deliverer(workspace, core).step()
    [known] = core.inquiries.values()
    assert known["item"]["call"]["result"] == "missed"
    await send(workspace, source, summary)
    await deliverer(workspace, core).step()
    assert (known["item"]["call"]["result"], known["revision"] > 1) == ("answered", True)


async def test_call_that_we_made_is_ignored_here_and_told_to_crm_core(
    workspace: Workspace,
) -> None:
    core, source = CrmCore(), await pbx(workspace)
    *notices, recording = call("call-c", outbound=True)
    await send(workspace, source, *notices)
    assert await deliverer(workspace, core).step() == 1
    [one] = await workspace.submissions()
    assert (one["status"], one["reason"]) == ("ignored", "outbound_call")
    assert one["outcome"] == {"result": "unmatched", "lead_id": None, "contact_id": None, "deal_id": None}
    core.persons[CLIENT] = str(new_id())
    await send(workspace, source, recording, recording)
    assert await deliverer(workspace, core).step() == 1
    assert await deliverer(workspace, core).step() == 0
    submission = await workspace.submission(one["id"])
    assert (submission["status"], submission["outcome"]["result"]) == ("ignored", "attached")
    assert submission["outcome"]["lead_id"] == core.persons[CLIENT]
    assert [attempt["result"] for attempt in submission["attempts"]] == ["unmatched", "updated"]
    assert {request.url.path for request in core.requests} == {"/v1/calls"}
    assert core.calls[one["id"]]["extra"] == {"recording_id": "rec-1"}
    states = [e["data"] for e in await workspace.intake.events("submission.recorded") if e["subject"] == one["id"]]
    assert states[-1]["result"] == "attached"


async def test_who_asked_is_known_before_our_calls_are_told(workspace: Workspace) -> None:
    core, source = CrmCore(), await pbx(workspace)
    await send(workspace, source, *call("call-d", outbound=True), *call("call-e"))
    assert await deliverer(workspace, core).step() == 2
    assert [request.url.path for request in core.requests] == ["/v1/inquiries", "/v1/calls"]


async def test_calls_wait_for_crm_core_and_only_a_refused_one_is_parked(workspace: Workspace) -> None:
    core, source = CrmCore(), await pbx(workspace)
    await send(workspace, source, *call("call-f", outbound=True), *call("call-g", outbound=True))
    core.refusing = lambda items: httpx.Response(503)
    assert await deliverer(workspace, core).step() == 0
    core.refusing = lambda items: None
    later, refused = await workspace.submissions(sort="received_at")
    core.refused_ids = {refused["id"]}
    with clock.at(clock.now() + timedelta(seconds=5)):
        assert await deliverer(workspace, core).step() == 2
        assert (await workspace.submission(later["id"]))["outcome"]["result"] == "unmatched"
        parked = await workspace.submission(refused["id"])
        assert (parked["status"], parked["reason"]) == ("parked", "refused_by_crm_core")
        core.refused_ids = set()
        assert (await workspace.client.post(f"/v1/submissions/{refused['id']}/replay")).status_code == 202
        assert await deliverer(workspace, core).step() == 1
    assert (await workspace.submission(refused["id"]))["status"] == "ignored"


@pytest.mark.parametrize("changes", [{"call_direction": 0}, {"from": {"number": "anonymous"}}])
async def test_internal_and_hidden_calls_are_told_to_nobody(workspace: Workspace, changes: Json) -> None:
    core, source = CrmCore(), await pbx(workspace)
    path, summary = call("call-h")[2]
    await send(workspace, source, (path, {**summary, **changes}))
    assert await deliverer(workspace, core).step() == 0
    [one] = await workspace.submissions()
    assert (one["status"], one["outcome"]) == ("ignored", None)


async def test_missed_calls_and_calls_back_in_crm_core_itself(workspace: Workspace, core: RunningService) -> None:
    """A missed call of somebody unknown makes a lead with a task to call back, of somebody known an activity with one;
    our call back is noted there and answers the lead."""
    async with core.client_as("platform") as platform:
        made = await platform.post("/v1/workspaces", json={"name": "Windows", "language": "en"})
    there = Workspace(workspace.intake, made.raise_for_status().json()["id"], workspace.client)
    async with workspace.intake.client_as("admin", there.id) as there.client, core.client_as("admin", there.id) as crm:
        team = (await crm.post("/v1/teams", json={"name": "Sales"})).raise_for_status().json()
        user = {"name": "A manager", "email": "a@example.com", "team_id": team["id"]}
        (await crm.post("/v1/users", json=user)).raise_for_status()
        source, delivering = await pbx(there), Deliverer(there.intake.db, core.peer("crm-core"))
        await send(there, source, *call("call-i", talked=0)[:3])
        assert await delivering.step() == 1
        [missed] = await there.submissions()
        assert missed["outcome"]["result"] == "created"
        lead_id = missed["outcome"]["lead_id"]
        await send(there, source, *call("call-j", talked=0)[:3])
        assert await delivering.step() == 1
        tasks = await crm.get("/v1/activities", params={"kind": "task", "lead_id": lead_id, "open": True})
        assert [(one["subject"], one["due_at"] > one["at"]) for one in tasks.json()["items"]] == [
            ("Call back: missed call", True)
        ] * 2
        with clock.at(clock.now() + timedelta(minutes=30)):
            await send(there, source, *call("call-k", outbound=True))
            assert await delivering.step() == 1
        calls = await crm.get("/v1/activities", params={"kind": "call", "lead_id": lead_id})
        assert [(one["direction"], one["result"]) for one in calls.json()["items"]] == [
            ("outbound", "answered"), ("inbound", "missed"), ("inbound", "missed"),
        ]  # fmt: skip
        lead = (await crm.get(f"/v1/leads/{lead_id}")).json()
        assert (lead["status"], lead["inquiry_count"], lead["first_response_at"] is not None) == (
            "in_progress",
            2,
            True,
        )


def records(*rows: Json) -> str:
    columns = "calldate,src,dst,dcontext,dstchannel,lastapp,duration,billsec,disposition,linkedid,sequence"
    return "\n".join([columns, *(",".join(str(row[name]) for name in columns.split(",")) for row in rows)])


async def test_file_of_records_that_grows_and_is_sent_again_tells_each_call_once(workspace: Workspace) -> None:
    core, source = CrmCore(), await workspace.source(provider="asterisk", channel="call")
    missed = [
        {"calldate": "2026-03-10 11:00:30", "src": f"7999000{n:04}", "dst": "74950000050", "dcontext": "from-trunk",
         "dstchannel": "PJSIP/101-0000001e", "lastapp": "Dial", "duration": 20, "billsec": 0, "sequence": 1,
         "disposition": "NO ANSWER", "linkedid": f"17731296{n:02}.1"}
        for n in range(40)
    ]  # fmt: skip
    taken = {**missed[7], "duration": 60, "billsec": 30, "disposition": "ANSWERED", "sequence": 2}
    for sent in (missed, missed, [*missed, taken], [*missed, taken]):
        answer = await workspace.door(source, content=records(*sent), headers={"Content-Type": "text/csv"})
        assert (answer.status_code, len(answer.json()["submission_ids"])) == (202, 40)
        await deliverer(workspace, core).step()
    assert len(core.order) == 40
    revisions = [known["revision"] for known in core.inquiries.values()]
    assert (revisions.count(1), max(revisions)) == (39, 2)
    [later] = [known["item"] for known in core.inquiries.values() if known["revision"] == 2]
    assert (later["call"]["result"], later["call"]["duration_seconds"]) == ("answered", 30)
