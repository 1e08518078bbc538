"""What a provider's notice leaves out is asked of its API, by the worker, until it is known or a person is needed."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from lead_intake.fetching.fetching import Fetcher
from lead_intake.fetching.provider_api import ProviderApi
from lead_intake.submissions.closing import close_overdue
from lead_intake.worker import clean
from leadkit import clock
from leadkit.ids import new_id
from leadkit.leases import acquire

from tests.lead_intake.fetching.graph import Graph, running_graph
from tests.lead_intake.workspace import Workspace

Json = dict[str, Any]

SECRETS = {"secret": "app-secret-000", "verify_token": "verify-000", "access_token": "page-token-000"}
TOLD = {
    "id": "2001", "created_time": "2026-03-11T11:00:00+0000", "platform": "ig", "ad_id": "4001", "is_organic": False,
    "campaign_name": "Leads March",
    "field_data": [
        {"name": "full_name", "values": ["Анна Примерова"]}, {"name": "phone_number", "values": ["+79990000241"]},
    ],
}  # fmt: skip


@pytest_asyncio.fixture
async def graph() -> AsyncIterator[Graph]:
    async with running_graph() as server:
        yield server


def fetcher(workspace: Workspace, graph: Graph) -> Fetcher:
    return Fetcher(workspace.intake.db, {"meta": ProviderApi(graph.url)}, workspace.intake.app.state.sealer)


async def announce(workspace: Workspace, source: Json, *lead_ids: str) -> list[str]:
    """A signed notice; the ids of its submissions."""
    changes = [
        {"field": "leadgen", "value": {"leadgen_id": lead_id, "page_id": "1001", "form_id": 3001, "ad_id": 0}}
        for lead_id in lead_ids
    ]
    body = json.dumps({"object": "page", "entry": [{"id": "1001", "changes": changes}]}).encode()
    sign = hmac.new(SECRETS["secret"].encode(), body, hashlib.sha256).hexdigest()
    answer = await workspace.door(source, content=body, headers={"X-Hub-Signature-256": f"sha256={sign}"})
    assert (answer.status_code, answer.content) == (200, b"")
    listed = await workspace.submissions(source_id=source["id"])
    return [one["id"] for lead_id in lead_ids for one in listed if one["external_id"] == lead_id]


async def test_an_announced_lead_is_completed_by_the_graph_api(workspace: Workspace, graph: Graph) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    known, other = await announce(workspace, source, "2001", "2002")
    assert (await workspace.submission(known))["status"] == "pending"
    graph.answers = {"2001": (200, TOLD), "2002": (200, {**TOLD, "id": "2002"})}
    assert await fetcher(workspace, graph).step() == 2
    (target, authorization), _ = sorted(graph.asked)
    assert target.startswith("/v23.0/2001?fields=created_time")
    assert authorization == "bearer page-token-000"
    submission = await workspace.submission(known)
    assert submission["status"] == "ready"
    assert submission["inquiry"]["phones"] == ["+79990000241"]
    assert submission["inquiry"]["occurred_at"] == "2026-03-11T11:00:00Z"
    assert submission["inquiry"]["extra"]["page_id"] == "1001"
    assert submission["inquiry"]["attribution"]["last"]["source"] == "instagram"
    assert submission["inquiry"]["attribution"]["last"]["form_id"] == "3001"
    assert [raw["method"] for raw in submission["raw"]] == ["POST", "GET"]
    assert "page-token-000" not in json.dumps(submission)
    assert (await workspace.submission(other))["status"] == "ready"
    assert await fetcher(workspace, graph).step() == 0
    await announce(workspace, source, "2001")
    assert (await workspace.submission(known))["status"] == "ready"
    events = await workspace.intake.events("submission.recorded")
    assert [one["data"]["status"] for one in events if one["subject"] == known] == ["pending", "ready"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, {"error": {"code": 190}}), "access_token_refused"),
        ((403, {"error": {"code": 200}}), "permission_missing"),
        ((400, {"error": {"code": 100, "error_subcode": 33}}), "lead_not_found"),
        ((200, {"id": "2001"}), "answer_without_lead"),
        ((200, {**TOLD, "id": "9999"}), "answer_told_nothing"),
    ],
    ids=["token", "permission", "unknown", "empty", "another lead"],
)
async def test_without_access_it_is_unreadable_with_the_reason_and_can_be_replayed(
    workspace: Workspace, graph: Graph, answer: tuple[int, Json], reason: str
) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    (lead,) = await announce(workspace, source, "2001")
    graph.answers["2001"] = answer
    assert await fetcher(workspace, graph).step() == 1
    submission = await workspace.submission(lead)
    assert (submission["status"], submission["reason"]) == ("unreadable", reason)
    assert await fetcher(workspace, graph).step() == 0
    graph.answers["2001"] = (200, TOLD)
    assert (await workspace.client.post(f"/v1/submissions/{lead}/replay")).is_success
    assert await fetcher(workspace, graph).step() == 1
    assert (await workspace.submission(lead))["status"] == "ready"


async def test_a_source_without_a_token_asks_nobody_until_it_has_one(workspace: Workspace, graph: Graph) -> None:
    source = await workspace.source("meta", "ads", secrets={"secret": SECRETS["secret"]})
    (lead,) = await announce(workspace, source, "2001")
    assert await fetcher(workspace, graph).step() == 1
    submission = await workspace.submission(lead)
    assert (submission["status"], submission["reason"], graph.asked) == ("unreadable", "no_access_token", [])
    token = {"secrets": {"access_token": "page-token-000"}}
    await workspace.client.patch(f"/v1/sources/{source['id']}", json=token, headers={"If-Match": '"1"'})
    await workspace.client.post(f"/v1/submissions/{lead}/replay")
    graph.answers["2001"] = (200, TOLD)
    assert await fetcher(workspace, graph).step() == 1
    assert (await workspace.submission(lead))["status"] == "ready"


@pytest.mark.parametrize("answer", [(500, {}), (429, {}), (400, {"error": {"code": 4}}), None])
async def test_a_busy_or_absent_provider_is_asked_again_after_a_growing_pause(
    workspace: Workspace, graph: Graph, answer: tuple[int, Json] | None
) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    (lead,) = await announce(workspace, source, "2001")
    if answer is None:
        graph.url = "http://127.0.0.1:9/v23.0"
    else:
        graph.answers["2001"] = answer
    asking, now = fetcher(workspace, graph), clock.now()
    asked = []
    for seconds in (0, 1, 6, 7, 30, 3 * 3600):
        with clock.at(now + timedelta(seconds=seconds)):
            await close_overdue(workspace.intake.db, workspace.intake.app.state.sealer, now=clock.now())
            asked.append(await asking.step())
        await clean(workspace.intake.db, workspace.intake.app.state.settings)
    assert asked == [1, 0, 1, 0, 1, 1]
    assert (await workspace.submission(lead))["status"] == "pending"
    with clock.at(now + timedelta(days=91)):
        assert await asking.step() == 1
    submission = await workspace.submission(lead)
    assert (submission["status"], submission["reason"]) == ("unreadable", "expired_at_the_provider")


async def test_what_another_worker_asks_is_left_to_it(workspace: Workspace, graph: Graph) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    (lead,) = await announce(workspace, source, "2001")
    async with workspace.intake.db.transaction(role="worker") as session:
        await acquire(session, f"fetching:{workspace.id}", new_id(), 60)
    assert await fetcher(workspace, graph).step() == 0
    assert graph.asked == []
    assert (await workspace.submission(lead))["status"] == "pending"


async def test_about_spam_nobody_is_asked(workspace: Workspace, graph: Graph) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    (lead,) = await announce(workspace, source, "2001")
    await workspace.client.post(f"/v1/submissions/{lead}/mark-spam")
    assert await fetcher(workspace, graph).step() == 0


async def test_a_lead_that_a_connector_posts_itself_completes_the_same_submission(
    workspace: Workspace, graph: Graph
) -> None:
    source = await workspace.source("meta", "ads", secrets=SECRETS)
    (lead,) = await announce(workspace, source, "2001")
    assert (await workspace.door(source, json=TOLD)).status_code == 403
    answer = await workspace.door(source, "?key=verify-000", json={"data": [TOLD]})
    assert answer.status_code == 200
    assert (await workspace.submission(lead))["status"] == "ready"
    assert await fetcher(workspace, graph).step() == 0
