"""What operators do with many submissions: decide, count, and let go of raw requests in time."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from lead_intake.delivery.delivering import Deliverer
from lead_intake.delivery.telling import count
from lead_intake.settings import IntakeSettings
from lead_intake.sources.workspaces import learn_workspaces
from lead_intake.worker import keep_retention
from leadkit import clock
from leadkit.cloudevents import CloudEvent
from leadkit.ids import new_id

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Json, Workspace

ALERTS = Path(__file__).parents[3] / "deploy" / "prometheus" / "alerts.yaml"


async def test_many_are_put_into_spam_and_out_of_it_each_answered_by_itself(workspace: Workspace) -> None:
    source = await workspace.source()
    ids = [(await workspace.received(source, json={"phone": f"8999000020{n}"}))["id"] for n in range(3)]
    items = [ids[0], {"id": ids[1]}, str(new_id()), "nonsense", ids[0]]
    marked = (await workspace.client.post("/v1/submissions/mark-spam", json={"items": items})).json()["results"]
    assert [one["status"] for one in marked] == [200, 200, 404, 422, 200]
    assert {one["id"] for one in await workspace.submissions(status="spam", reason="marked_by_hand")} == set(ids[:2])
    released = await workspace.client.post("/v1/submissions/release", json={"items": [ids[0], ids[2], ids[1]]})
    assert [one["status"] for one in released.json()["results"]] == [200, 409, 200]
    assert len(await workspace.submissions(status="ready")) == 3
    told = [event["data"]["status"] for event in await workspace.intake.events("submission.recorded")]
    assert told == ["ready"] * 3 + ["spam"] * 2 + ["ready"] * 2


async def test_submissions_are_counted_by_what_is_asked(workspace: Workspace) -> None:
    form, api = await workspace.source(), await workspace.source(channel="api")
    for body in ({"phone": "89990000204"}, {"phone": "89990000205"}, {"name": "Без контакта"}):
        await workspace.received(form, json=body)
    await workspace.client.post("/v1/submissions", json={"source_id": api["id"], "phones": ["89990000206"]})
    stats = (await workspace.client.get("/v1/submissions/stats?by=source,status")).json()
    assert (stats["total"], stats["groups"][0]) == (
        4, {"by": {"source": form["id"], "status": "ready"}, "count": 2},
    )  # fmt: skip
    by_day = (await workspace.client.get("/v1/submissions/stats?by=day,reason")).json()["groups"]
    assert {group["by"]["reason"]: group["count"] for group in by_day} == {None: 3, "no_contact": 1}
    assert {group["by"]["day"] for group in by_day} == {clock.now().date().isoformat()}
    for query in ("by=name", "from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", "from=2020-01-01T00:00:00Z"):
        assert (await workspace.client.get(f"/v1/submissions/stats?{query}")).status_code == 422


async def learnt(workspace: Workspace, **retention: int | None) -> None:
    """As crm-core tells it."""
    state = {
        "id": str(workspace.id), "version": 1, "name": "x", "time_zone": "Europe/Moscow", "currency": "RUB",
        "default_region": "RU", "language": "ru", "retention": retention,
    }  # fmt: skip
    event: dict[str, Any] = {
        "specversion": "1.0", "id": "1", "source": "/crm-core", "type": "workspace.updated", "time": clock.now(),
        "subject": str(workspace.id), "workspaceid": str(workspace.id), "data": state,
    }  # fmt: skip
    async with workspace.intake.db.transaction(role="worker") as session:
        await learn_workspaces(session, [CloudEvent.model_validate(event)])


async def after(workspace: Workspace, days: int, **own: Any) -> None:
    settings = IntakeSettings(database_url=workspace.intake.database.url, port=0, **own)
    with clock.at(clock.now() + timedelta(days=days)):
        await keep_retention(workspace.intake.db, settings)


async def raws(workspace: Workspace) -> dict[str, bool]:
    """Whether each submission still has what it was read from."""
    whole: list[Json] = [await workspace.submission(one["id"]) for one in await workspace.submissions()]
    assert all(one["raw_removed"] is not bool(one["raw"]) for one in whole)
    return {one["status"]: bool(one["raw"]) for one in whole}


async def test_raw_goes_when_its_time_is_over_and_never_of_what_is_undelivered(workspace: Workspace) -> None:
    core, source = CrmCore(), await workspace.source()
    delivered = await workspace.received(source, json={"phone": "89990000203"})
    parked = await workspace.received(source, json={"phone": "89990000204"})
    core.refused_ids = {parked["id"]}
    await Deliverer(workspace.intake.db, core.client).step()
    await workspace.received(source, json={"phone": "89990000205"})
    await workspace.received(source, json={"name": "Без контакта"})
    await workspace.received(source, content=b"[{", headers={"Content-Type": "application/json"})
    await after(workspace, 4000)
    assert all((await raws(workspace)).values())
    await learnt(workspace, raw_requests_days=30)
    await after(workspace, 29)
    assert all((await raws(workspace)).values())
    await after(workspace, 31)
    kept = {"delivered": False, "parked": True, "ready": True, "interest": False, "unreadable": True}
    assert await raws(workspace) == kept
    answer = await workspace.client.post(f"/v1/submissions/{delivered['id']}/replay")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-replayable")
    assert (await workspace.client.post(f"/v1/submissions/{parked['id']}/replay")).status_code == 202


async def test_a_workspace_that_says_nothing_keeps_raw_as_long_as_the_service_is_set(workspace: Workspace) -> None:
    await workspace.received(await workspace.source(), json={"name": "Без контакта"})
    await learnt(workspace, raw_requests_days=None)
    await after(workspace, 11, raw_requests_days=12)
    assert await raws(workspace) == {"interest": True}
    await after(workspace, 13, raw_requests_days=12)
    assert await raws(workspace) == {"interest": False}


async def test_the_gauges_tell_what_waits_for_a_person(workspace: Workspace) -> None:
    source = await workspace.source()
    await workspace.received(source, json={"phone": "89990000205"})
    await workspace.received(source, content=b"[{", headers={"Content-Type": "application/json"})
    with clock.at(clock.now() + timedelta(minutes=5)):
        await count(workspace.intake.db)
    metrics = (await workspace.client.get("/metrics")).text
    assert "leadflow_submissions_unreadable 1.0" in metrics
    assert "leadflow_submissions_parked 0.0" in metrics
    (age,) = re.findall(r"\nleadflow_submissions_oldest_waiting_seconds (\S+)", metrics)
    assert 300 <= float(age) < 330


async def test_alerts_speak_of_metrics_that_there_are(workspace: Workspace) -> None:
    await workspace.received(await workspace.source(), json={"phone": "89990000205"})
    metrics = (await workspace.client.get("/metrics")).text
    named = set(re.findall(r"leadflow_[a-z_]+", ALERTS.read_text()))
    assert named
    assert {name for name in named if f"\n{name}" not in metrics} == set()
