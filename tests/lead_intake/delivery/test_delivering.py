"""Delivery: in order, retried for ever, once each, and only a bad item is put aside."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from lead_intake.delivery import delivering, pacing
from lead_intake.delivery.delivering import Deliverer
from leadkit import clock
from leadkit.ids import new_id
from leadkit.leases import acquire

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Workspace

Json = dict[str, Any]


async def filled(workspace: Workspace, count: int) -> list[str]:
    """So many submissions, in order of arrival."""
    source = await workspace.source()
    return [(await workspace.received(source, json={"phone": f"8999000{n:04}"}))["id"] for n in range(count)]


async def test_inquiries_arrive_in_order_with_their_workspace_and_the_outcome_is_kept(workspace: Workspace) -> None:
    core, ids = CrmCore(), await filled(workspace, 3)
    assert await Deliverer(workspace.intake.db, core.client).step() == 3
    assert core.order == ids
    request = core.requests[0]
    assert (request.url.path, request.headers["Leadflow-Workspace"]) == ("/v1/inquiries", str(workspace.id))
    assert request.headers["X-Request-Id"]
    submission = await workspace.submission(ids[0])
    lead_id = core.inquiries[str(workspace.id), ids[0]]["lead_id"]
    assert submission["status"] == "delivered"
    assert submission["outcome"] == {"result": "created", "lead_id": lead_id, "contact_id": None, "deal_id": None}
    assert [(one["status"], one["result"]) for one in submission["attempts"]] == [(201, "created")]
    events = await workspace.intake.events("submission.recorded")
    states = [event["data"] for event in events if event["subject"] == ids[0]]
    assert [(state["status"], state["version"], state["result"]) for state in states] == [
        ("ready", 1, None), ("delivered", 2, "created"),
    ]  # fmt: skip


async def test_a_batch_that_is_still_being_recorded_is_not_sent_again_with_the_next(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "BATCH", 2)
    core, ids = CrmCore(), await filled(workspace, 5)
    assert await Deliverer(workspace.intake.db, core.client).step() == 5
    assert core.order == ids
    assert len(core.requests) == 3
    assert {one["status"] for one in await workspace.submissions()} == {"delivered"}


async def test_while_the_door_is_busy_small_batches_go_out_with_rests_between_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def rest(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(pacing, "SMALL_BATCH", 2)
    monkeypatch.setattr(delivering, "pause", rest)
    core, ids = CrmCore(), await filled(workspace, 5)
    with clock.at(clock.now()):
        assert await Deliverer(workspace.intake.db, core.client, rush=5).step() == 5
    assert core.order == ids, "in order, however slowly"
    assert len(core.requests) == 3
    assert 0 < sum(rests) <= 3 * pacing.LONGEST_REST_S
    await filled(workspace, 3)
    with clock.at(clock.now() + timedelta(seconds=2)):
        assert await Deliverer(workspace.intake.db, core.client, rush=5).step() == 3
    assert len(core.requests) == 4, "what came before the last second is no rush"


@pytest.mark.parametrize("failure", [401, 403, 404, 408, 429, 500, 503, None])
async def test_a_request_that_fails_as_a_whole_is_retried_after_a_growing_pause(
    workspace: Workspace, failure: int | None
) -> None:
    core, ids = CrmCore(), await filled(workspace, 2)

    def refuse(items: list[Json]) -> httpx.Response:
        if failure is None:
            raise httpx.ConnectError("connection refused")
        return httpx.Response(failure, json={})

    core.refusing = refuse
    deliverer, now, sizes = Deliverer(workspace.intake.db, core.client), clock.now(), []
    for seconds in (0, 0.1, 1, 3, 100):
        with clock.at(now + timedelta(seconds=seconds)):
            before = len(core.requests)
            assert await deliverer.step() == 0
            sizes.append(len(core.requests) - before)
    assert sizes == [1, 0, 1, 1, 1]
    submission = await workspace.submission(ids[0])
    assert submission["status"] == "ready"
    assert len(submission["attempts"]) == 4
    assert len((await workspace.submission(ids[1]))["attempts"]) == 1
    core.refusing = lambda items: None
    with clock.at(now + timedelta(seconds=200)):
        assert await deliverer.step() == 2
    assert core.order == ids


@pytest.mark.parametrize("refusal", [400, 413, 422])
async def test_a_batch_refused_as_a_whole_is_halved_until_the_bad_one_stands_alone(
    workspace: Workspace, refusal: int
) -> None:
    core, ids = CrmCore(), await filled(workspace, 5)

    def refuse(items: list[Json]) -> httpx.Response | None:
        bad = any(item["id"] == ids[3] for item in items)
        return httpx.Response(refusal, json={"type": "/problems/invalid", "status": refusal}) if bad else None

    core.refusing = refuse
    assert await Deliverer(workspace.intake.db, core.client).step() == 5
    assert core.order == [one for one in ids if one != ids[3]]
    parked = await workspace.submission(ids[3])
    assert (parked["status"], parked["problem"]["status"]) == ("parked", refusal)


async def test_only_the_item_with_a_problem_is_parked_and_a_replay_delivers_it(workspace: Workspace) -> None:
    core, ids = CrmCore(), await filled(workspace, 3)
    core.refused_ids = {ids[1]}
    deliverer = Deliverer(workspace.intake.db, core.client)
    assert await deliverer.step() == 3
    parked = await workspace.submission(ids[1])
    assert (parked["status"], parked["reason"]) == ("parked", "refused_by_crm_core")
    assert parked["problem"]["detail"] == "bad"
    assert await deliverer.step() == 0
    core.refused_ids = set()
    assert (await workspace.client.post(f"/v1/submissions/{ids[1]}/replay")).status_code == 202
    assert await deliverer.step() == 1
    assert (await workspace.submission(ids[1]))["status"] == "delivered"


async def test_a_crash_between_sending_and_recording_makes_nothing_twice(workspace: Workspace) -> None:
    core, ids = CrmCore(), await filled(workspace, 2)

    async def crash() -> None:
        raise asyncio.CancelledError

    core.after_commit = crash
    with pytest.raises(asyncio.CancelledError):
        await Deliverer(workspace.intake.db, core.client).step()
    assert (await workspace.submission(ids[0]))["status"] == "ready"
    core.after_commit = None
    assert await Deliverer(workspace.intake.db, core.client).step() == 2
    assert core.order == ids
    assert (await workspace.submission(ids[0]))["outcome"]["result"] == "created"


async def test_what_says_more_on_its_way_is_delivered_again_and_keeps_its_first_result(workspace: Workspace) -> None:
    core, (one,) = CrmCore(), await filled(workspace, 1)

    async def meanwhile() -> None:
        core.after_commit = None
        assert (await workspace.client.post(f"/v1/submissions/{one}/replay")).status_code == 202

    core.after_commit = meanwhile
    deliverer = Deliverer(workspace.intake.db, core.client)
    await deliverer.step()
    await deliverer.step()
    submission = await workspace.submission(one)
    assert submission["status"] == "delivered"
    assert submission["outcome"]["result"] == "created"
    assert [attempt["result"] for attempt in submission["attempts"]] == ["created", "updated"]


async def test_the_first_result_is_learnt_even_when_only_a_later_revision_was_recorded(workspace: Workspace) -> None:
    core, (one,) = CrmCore(), await filled(workspace, 1)

    async def crash() -> None:
        raise asyncio.CancelledError

    core.after_commit = crash
    with pytest.raises(asyncio.CancelledError):
        await Deliverer(workspace.intake.db, core.client).step()
    core.after_commit = None
    await workspace.client.post(f"/v1/submissions/{one}/replay")
    deliverer = Deliverer(workspace.intake.db, core.client)
    await deliverer.step()
    await deliverer.step()
    submission = await workspace.submission(one)
    assert (submission["status"], submission["outcome"]["result"]) == ("delivered", "created")


async def test_a_workspace_that_another_worker_holds_is_left_alone(workspace: Workspace) -> None:
    core, db = CrmCore(), workspace.intake.db
    await filled(workspace, 1)
    async with db.transaction(role="worker") as session:
        await acquire(session, f"delivery:{workspace.id}", new_id(), 60)
    assert await Deliverer(db, core.client).step() == 0
    assert core.requests == []


async def test_two_workers_at_once_deliver_everything_once(workspace: Workspace) -> None:
    core, db = CrmCore(), workspace.intake.db
    ids = await filled(workspace, 20)
    workers = [Deliverer(db, core.client) for _ in range(2)]
    await asyncio.gather(*(worker.step() for worker in workers))
    assert sum([await worker.step() for worker in workers]) == 0
    assert core.order == ids
    assert len(core.requests) == 1


async def test_nothing_but_what_is_ready_is_delivered(workspace: Workspace) -> None:
    core, source = CrmCore(), await workspace.source()
    for body in ({"name": "Анна"}, {"phone": "89990000204", "website": "x"}):
        await workspace.received(source, json=body)
    await workspace.received(source, content=b"{rubbish")
    assert await Deliverer(workspace.intake.db, core.client).step() == 0
    assert core.requests == []
