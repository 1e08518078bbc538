"""Many submissions read again in the background: counted first, gone on with after a kill, nothing sent in vain."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from lead_intake.delivery.delivering import Deliverer
from lead_intake.replays import actions
from lead_intake.replays.running import Replayer
from leadkit import clock
from leadkit.ids import new_id
from sqlalchemy import text

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Json, Workspace


async def filled(workspace: Workspace, count: int = 5) -> tuple[Json, list[str]]:
    source = await workspace.source()
    ids = [(await workspace.received(source, json={"phone": f"8999000020{n}"}))["id"] for n in range(count)]
    return source, ids


async def ask(workspace: Workspace, **wanted: Any) -> Json:
    answer = await workspace.client.post("/v1/submissions/replay", json=wanted)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def replayed(workspace: Workspace, **wanted: Any) -> Json:
    replay_id = (await ask(workspace, **wanted))["id"]
    await Replayer(workspace.intake.db, workspace.intake.app.state.sealer).step()
    return dict((await workspace.client.get(f"/v1/replays/{replay_id}")).raise_for_status().json())


def told(replay: Json) -> tuple[Any, ...]:
    return tuple(replay[key] for key in ("status", "total", "done", "changed", "unchanged", "failed"))


async def test_a_dry_run_only_counts(workspace: Workspace) -> None:
    source, _ = await filled(workspace)
    answer = await workspace.client.post(
        "/v1/submissions/replay?dry_run=true", json={"status": ["ready", "parked"], "source_id": source["id"]}
    )
    assert (answer.status_code, answer.json()["total"], answer.json()["id"]) == (200, 5, None)
    assert (await workspace.client.get("/v1/replays")).json()["items"] == []


async def test_parked_ones_are_delivered_after_a_replay_and_nothing_else_is_sent_again(workspace: Workspace) -> None:
    core, (_, ids) = CrmCore(), await filled(workspace)
    core.refused_ids = {ids[1], ids[3]}
    deliverer = Deliverer(workspace.intake.db, core.client)
    await deliverer.step()
    assert {one["id"] for one in await workspace.submissions(status="parked")} == core.refused_ids
    assert len(await workspace.submissions(reason="refused_by_crm_core")) == 2
    core.refused_ids = set()
    assert told(await replayed(workspace, status="parked")) == ("done", 2, 2, 2, 0, 0)
    assert told(await replayed(workspace, provider="generic")) == ("done", 5, 5, 0, 5, 0)
    requests = len(core.requests)
    await deliverer.step()
    assert len(core.requests) == requests + 1
    assert len(await workspace.submissions(status="delivered")) == 5


async def test_delivered_ones_that_say_something_else_now_are_sent_again(workspace: Workspace) -> None:
    core, source = CrmCore(), await workspace.source()
    await workspace.received(source, json={"phone": "89990000203", "wish": "окно"})
    await workspace.received(source, json={"phone": "+79990000204"})
    deliverer = Deliverer(workspace.intake.db, core.client)
    await deliverer.step()
    mapped = {"settings": {"field_map": {"wish": "product"}}}
    await workspace.client.patch(f"/v1/sources/{source['id']}", json=mapped, headers={"If-Match": '"1"'})
    assert told(await replayed(workspace, status="delivered")) == ("done", 2, 2, 1, 1, 0)
    (again,) = await workspace.submissions(status="ready")
    assert (again["inquiry"]["product"], again["inquiry"]["revision"]) == ("окно", 2)


async def test_what_a_person_put_into_spam_stays_there(workspace: Workspace) -> None:
    _, ids = await filled(workspace, 2)
    await workspace.client.post(f"/v1/submissions/{ids[0]}/mark-spam")
    assert told(await replayed(workspace, status="spam")) == ("done", 1, 1, 0, 1, 0)


async def test_unreadable_ones_are_counted_as_failed_until_they_can_be_read(workspace: Workspace) -> None:
    source = await workspace.source()
    broken = b'[{"phone": "89990000204"}, {"phone": "89990000205"}'
    await workspace.received(source, content=broken, headers={"Content-Type": "application/json"})
    assert told(await replayed(workspace, status="unreadable")) == ("done", 1, 1, 0, 0, 1)
    async with workspace.intake.db.transaction(role="worker") as session:  # as if the reader had been mended
        await session.execute(text("UPDATE raw_request SET body = body || ']'::bytea"))
    assert told(await replayed(workspace, status="unreadable")) == ("done", 1, 1, 1, 0, 0)
    assert len(await workspace.submissions(status="ready")) == 2


async def test_a_killed_worker_leaves_the_rest_to_another(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(workspace)
    replay_id = (await ask(workspace, channel="form"))["id"]
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    db, sealer = workspace.intake.db, workspace.intake.app.state.sealer
    step: Any = partial(actions.take_step, replay_id=UUID(replay_id), sealer=sealer, workspace_id=workspace.id)
    async with db.transaction(workspace.id) as session:
        assert await step(session, now=clock.now())
    with suppress(asyncio.CancelledError):
        async with db.transaction(workspace.id) as session:
            assert await step(session, now=clock.now())
            raise asyncio.CancelledError  # before the commit
    assert (await workspace.client.get(f"/v1/replays/{replay_id}")).json()["done"] == 2
    await Replayer(db, sealer).step()
    assert told((await workspace.client.get(f"/v1/replays/{replay_id}")).json()) == ("done", 5, 5, 0, 5, 0)


async def test_a_replay_can_be_cancelled_once_and_must_name_something(workspace: Workspace) -> None:
    replay_id = (await ask(workspace, channel="form"))["id"]
    answers = [await workspace.client.post(f"/v1/replays/{replay_id}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    for wanted in ({}, {"status": ["odd"]}, {"colour": "red"}):
        assert (await workspace.client.post("/v1/submissions/replay", json=wanted)).status_code == 422
    assert (await workspace.client.get(f"/v1/replays/{new_id()}")).status_code == 404
