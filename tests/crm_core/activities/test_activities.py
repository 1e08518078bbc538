"""`/v1/activities`, over HTTP, and activities of inquiries, many at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from crm_core.activities.actions import NewActivity, Revision, record_many, revise_many
from leadkit import clock
from leadkit.ids import new_id

from tests.crm_core.conftest import Sales, Tenant

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)


async def deal_of(client: httpx.AsyncClient, **values: Any) -> str:
    return str((await client.post("/v1/deals", json={"name": "Chairs", **values})).raise_for_status().json()["id"])


async def add(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    return dict((await client.post("/v1/activities", json=values)).raise_for_status().json())


async def lead_of(sales: Sales) -> dict[str, Any]:
    inquiry = {"id": str(new_id()), "channel": "form", "phones": ["+74951234567"], "subject": "Windows"}
    result = (await sales.ask(inquiry))[0]
    return await sales.lead(result["lead_id"])


async def test_a_task_is_open_until_it_is_completed_once(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        task = await add(
            admin, kind="task", deal_id=await deal_of(admin), subject="Call", due_at="2030-01-01T10:00:00Z"
        )
        path = f"/v1/activities/{task['id']}/complete"
        done = await admin.post(path, json={"result": "they agreed"})
        again = await admin.post(path, json={})
    assert (task["completed_at"], task["version"]) == (None, 1)
    assert (done.json()["result"], done.json()["version"], done.headers["etag"]) == ("they agreed", 2, '"2"')
    assert done.json()["completed_at"] is not None
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-completed")


async def test_what_is_planned_goes_with_its_lead_to_the_next_owner_and_onto_the_deal(sales: Sales) -> None:
    first, second, third = map(str, sales.managers[:3])
    lead = await sales.add(phones=["+74951234567"], owner_id=first)
    due = {"kind": "task", "lead_id": lead["id"], "due_at": "2030-01-01T10:00:00Z"}
    async with sales.tenant.client_as() as admin:
        planned = [await add(admin, **due, owner_id=owner) for owner in (first, third)]
        done = await add(admin, kind="note", lead_id=lead["id"], body="Asked", owner_id=first)
        await sales.step(lead["id"], "assign", owner_id=second)
        deal = (await sales.step(lead["id"], "convert"))["deal_id"]
        now = [(await admin.get(f"/v1/activities/{one['id']}")).json() for one in (*planned, done)]
        next_step = (await admin.get(f"/v1/deals/{deal}")).json()["next_step_at"]
    assert [(one["owner_id"], one["deal_id"]) for one in now] == [(second, deal), (third, deal), (first, None)]
    assert [one["lead_id"] for one in now] == [lead["id"]] * 3
    assert next_step == "2030-01-01T10:00:00Z"


async def test_an_activity_is_on_something_that_the_caller_sees(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        foreign = await deal_of(other)
        nothing = await admin.post("/v1/activities", json={"kind": "note"})
        refused = [
            await admin.post("/v1/activities", json={"kind": "note", field: value})
            for field, value in (("deal_id", foreign), ("lead_id", str(new_id())), ("contact_id", str(new_id())))
        ]
        unknown_kind = await admin.post("/v1/activities", json={"kind": "dance", "deal_id": foreign})
    assert nothing.status_code == unknown_kind.status_code == 422
    assert [answer.status_code for answer in refused] == [422, 422, 422]
    assert [answer.json()["errors"][0]["pointer"] for answer in refused] == ["/deal_id", "/lead_id", "/contact_id"]


async def test_a_change_needs_the_version_it_builds_on(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        note = await add(admin, kind="note", deal_id=await deal_of(admin), body="Likes red", data={"a": 1, "b": 2})
        path = f"/v1/activities/{note['id']}"
        blind = await admin.patch(path, json={"body": "Likes blue"})
        changed = await admin.patch(path, json={"body": "Likes blue", "data": {"a": None}}, headers={"If-Match": '"1"'})
        stale = await admin.patch(path, json={"body": "Likes green"}, headers={"If-Match": '"1"'})
    assert [answer.status_code for answer in (blind, changed, stale)] == [428, 200, 412]
    assert (changed.json()["body"], changed.json()["data"]) == ("Likes blue", {"b": 2})


async def test_activities_are_listed_by_what_they_are_on_kind_and_due_time(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal, other = await deal_of(admin), await deal_of(admin)
        early = await add(admin, kind="task", deal_id=deal, due_at="2030-01-01T10:00:00Z")
        late = await add(admin, kind="task", deal_id=deal, due_at="2030-02-01T10:00:00Z")
        note = await add(admin, kind="note", deal_id=other, body="X")
        asked = (
            {"deal_id": deal, "sort": "due_at"},
            {"open": "false"},
            {"open": "true", "due_to": "2030-01-15T00:00:00Z"},
            {"kind": "note,meeting"},
            {"due_from": "2030-01-15T00:00:00Z"},
        )
        found = [
            [activity["id"] for activity in (await admin.get("/v1/activities", params=params)).json()["items"]]
            for params in asked
        ]
    assert found == [[early["id"], late["id"]], [note["id"]], [early["id"]], [note["id"]], [late["id"]]]


async def test_bulk_answers_for_each_activity_in_order(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        items = [{"kind": "note", "deal_id": await deal_of(admin)}, {"kind": "note"}, {"kind": "task", "deal_id": "x"}]
        results = (await admin.post("/v1/activities/bulk", json={"items": items})).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 422]


async def test_another_workspace_finds_no_activity(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        path = f"/v1/activities/{(await add(admin, kind='task', deal_id=await deal_of(admin)))['id']}"
        answers = [
            await other.get(path),
            await other.patch(path, json={}, headers={"If-Match": "*"}),
            await other.post(f"{path}/complete", json={}),
        ]
        listed = (await other.get("/v1/activities")).json()["items"]
    assert {answer.status_code for answer in answers} == {404}
    assert listed == []


async def test_a_manager_sees_own_activities_and_all_of_own_deals(sales: Sales) -> None:
    async with (
        sales.manager(0) as anna,
        sales.manager(1) as boris,
        sales.tenant.client_as() as admin,
        sales.tenant.client_as("analyst") as analyst,
    ):
        annas = await deal_of(anna)
        boriss = await add(boris, kind="note", deal_id=await deal_of(boris))
        others = await add(admin, kind="note", deal_id=annas, owner_id=str(sales.managers[2]))
        own = await add(anna, kind="note", deal_id=annas)
        mine = (await anna.get("/v1/activities")).json()["items"]
        of_deal = (await anna.get("/v1/activities", params={"deal_id": annas})).json()["items"]
        of_hidden_deal = (await boris.get("/v1/activities", params={"deal_id": annas})).json()["items"]
        statuses = [
            (await anna.get(f"/v1/activities/{others['id']}")).status_code,
            (await anna.get(f"/v1/activities/{boriss['id']}")).status_code,
            (await analyst.get("/v1/activities")).status_code,
        ]
    assert [activity["id"] for activity in mine] == [own["id"]]
    assert {activity["id"] for activity in of_deal} == {own["id"], others["id"]}
    assert of_hidden_deal == []
    assert statuses == [200, 404, 403]


async def test_what_an_integration_notes_belongs_to_whoever_owns_the_deal(sales: Sales) -> None:
    async with sales.manager(0) as anna, sales.tenant.client_as("integration") as robot:
        noted = await add(robot, kind="note", deal_id=await deal_of(anna))
    assert (noted["owner_id"], noted["team_id"]) == (str(sales.managers[0]), str(sales.team_id))


async def test_the_first_call_of_ours_is_the_leads_first_response(sales: Sales) -> None:
    lead = await lead_of(sales)
    async with sales.tenant.client_as() as admin:
        await add(admin, kind="call", direction="inbound", lead_id=lead["id"], result="answered")
        before = await sales.lead(lead["id"])
        planned = await add(admin, kind="call", direction="outbound", lead_id=lead["id"], due_at="2030-01-01T10:00:00Z")
        still = await sales.lead(lead["id"])
        done = await admin.post(f"/v1/activities/{planned['id']}/complete", json={"result": "answered"})
        answered = await sales.lead(lead["id"])
        await add(admin, kind="email", direction="outbound", lead_id=lead["id"])
        later = await sales.lead(lead["id"])
    assert (before["first_response_at"], still["first_response_at"]) == (None, None)
    assert answered["first_response_at"] == done.json()["completed_at"]
    assert later["first_response_at"] == answered["first_response_at"]


async def test_a_response_is_dated_back_only_by_who_may_write_history(sales: Sales) -> None:
    lead = await lead_of(sales)
    call = {"kind": "call", "direction": "outbound", "lead_id": lead["id"], "completed_at": "2025-06-20T12:00:00Z"}
    owner = next(number for number, manager in enumerate(sales.managers) if str(manager) == lead["owner_id"])
    async with sales.manager(owner) as anna, sales.tenant.client_as() as admin:
        await add(anna, **call)
        told_now = (await sales.lead(lead["id"]))["first_response_at"]
        await add(admin, **call)
        told_back = (await sales.lead(lead["id"]))["first_response_at"]
    assert told_now > lead["created_at"]
    assert told_back == "2025-06-20T12:00:00Z"


async def test_a_missed_call_asks_the_owner_to_call_back_soon(sales: Sales) -> None:
    call = {"direction": "inbound", "result": "missed", "wait_seconds": 21}
    inquiry = {"id": str(new_id()), "channel": "call", "phones": ["+74951234567"], "call": call}
    lead = await sales.lead((await sales.ask(inquiry))[0]["lead_id"])
    async with sales.tenant.client_as() as admin:
        found = (await admin.get("/v1/activities", params={"lead_id": lead["id"], "sort": "created_at"})).json()[
            "items"
        ]
    by_kind = {activity["kind"]: activity for activity in found}
    task = by_kind["task"]
    assert set(by_kind) == {"call", "task"}
    assert by_kind["call"]["result"] == "missed"
    assert (task["owner_id"], task["completed_at"]) == (lead["owner_id"], None)
    due = datetime.fromisoformat(task["due_at"]) - datetime.fromisoformat(task["created_at"])
    assert timedelta(0) < due <= timedelta(minutes=15)
    assert [event["subject"] for event in await sales.events("activity.missed")] == [by_kind["call"]["id"]]


async def test_a_missed_call_told_by_hand_asks_to_call_back_as_well(sales: Sales) -> None:
    async with sales.manager(0) as anna:
        deal = await deal_of(anna)
        await add(anna, kind="call", direction="inbound", result="missed", deal_id=deal)
        await add(anna, kind="call", direction="inbound", result="answered", deal_id=deal)
        open_ones = (await anna.get("/v1/activities", params={"deal_id": deal, "open": "true"})).json()["items"]
    assert [(task["kind"], task["subject"]) for task in open_ones] == [("task", "Call back: missed call")]
    assert open_ones[0]["due_at"] is not None


async def test_many_activities_are_recorded_and_revised_at_once(sales: Sales) -> None:
    lead = UUID((await lead_of(sales))["id"])
    rows = [
        NewActivity(id=new_id(), kind="call", direction="inbound", lead_id=lead, result=result, at=NOW)
        for result in ("answered", "missed", "voicemail")
    ]
    told = {"workspace_id": sales.tenant.id, "by": "test", "language": "en", "now": clock.now()}
    recording = Revision(
        activity_id=rows[0].id, subject=None, body=None, result="answered", data={"recording_url": "https://x/1"}
    )
    gone = Revision(activity_id=new_id(), subject=None, body=None, result=None, data={})
    async with sales.tenant.core.db.transaction(sales.tenant.id) as session:
        await record_many(session, rows, **told)  # type: ignore[arg-type]
    async with sales.tenant.core.db.transaction(sales.tenant.id) as session:
        await revise_many(session, [recording, gone], **told)  # type: ignore[arg-type]
    async with sales.tenant.client_as() as admin:
        calls = (await admin.get("/v1/activities", params={"lead_id": str(lead), "kind": "call"})).json()["items"]
        tasks = (await admin.get("/v1/activities", params={"lead_id": str(lead), "kind": "task"})).json()["items"]
    revised = next(call for call in calls if call["id"] == str(rows[0].id))
    assert (len(calls), len(tasks)) == (3, 2)
    assert (revised["version"], revised["data"], revised["at"]) == (
        2,
        {"recording_url": "https://x/1"},
        "2025-06-20T12:00:00Z",
    )


async def test_events_and_audit_say_nothing_of_what_was_written(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        task = await add(admin, kind="task", deal_id=await deal_of(admin), subject="Ask Ivan", body="about his wife")
        await admin.post(f"/v1/activities/{task['id']}/complete", json={})
        entries = (await admin.get("/v1/audit", params={"subject_id": task["id"]})).json()["items"]
    events = await tenant.core.events("activity.created", "activity.completed")
    assert [event["type"] for event in events] == ["activity.created", "activity.completed"]
    assert {entry["action"] for entry in entries} == {"activity.create", "activity.complete"}
    assert "Ivan" not in str(events) + str(entries)
    assert "wife" not in str(events) + str(entries)


async def test_an_activity_is_given_away_and_taken_back(sales: Sales) -> None:
    first, second = sales.managers[:2]
    async with sales.manager(0) as anna, sales.manager(1) as boris, sales.tenant.client_as() as admin:
        deal = await deal_of(anna)
        due = "2030-01-01T10:00:00Z"
        task, other = [await add(anna, kind="task", deal_id=deal, due_at=due) for _ in range(2)]
        given = await anna.post(f"/v1/activities/{task['id']}/assign", json={"owner_id": str(second)})
        same = await anna.post(f"/v1/activities/{task['id']}/assign", json={"owner_id": str(second)})
        await anna.post(f"/v1/activities/{other['id']}/complete", json={"result": "Done"})
        done = await anna.delete(f"/v1/activities/{other['id']}")
        taken_back = await boris.delete(f"/v1/activities/{task['id']}")
        gone = await boris.get(f"/v1/activities/{task['id']}")
        planned = (await admin.get(f"/v1/deals/{deal}")).json()["next_step_at"]
        by_admin = await admin.delete(f"/v1/activities/{other['id']}")
        entries = (await admin.get("/v1/audit", params={"subject_id": task["id"]})).json()["items"]
        lead = await lead_of(sales)
        asked = (await admin.get("/v1/activities", params={"lead_id": lead["id"]})).json()["items"]
        kept = await admin.delete(f"/v1/activities/{asked[0]['id']}")
    assert (given.json()["owner_id"], given.json()["version"], same.json()["version"]) == (str(second), 2, 2)
    assert [done.status_code, taken_back.status_code, gone.status_code, by_admin.status_code] == [403, 204, 404, 204]
    assert planned is None
    assert "activity.delete" in {entry["action"] for entry in entries}
    assert (kept.status_code, kept.json()["type"]) == (409, "/problems/activity-kept")
    deleted = await sales.events("activity.deleted")
    assert [(event["subject"], event["data"]["version"]) for event in deleted] == [(task["id"], 3), (other["id"], 3)]
    assert first != second
