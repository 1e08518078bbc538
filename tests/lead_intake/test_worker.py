"""The worker's loops together, against a crm-core that is not the real one."""

import asyncio
from typing import Any

import httpx
from lead_intake.delivery.telling import count
from lead_intake.settings import IntakeSettings
from lead_intake.worker import clean, close, loops
from leadkit.client import ServiceClient
from leadkit.testing.services import RunningService

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Workspace


async def test_what_is_received_is_delivered_and_told_without_anybody_asking(workspace: Workspace) -> None:
    core, db, stop = CrmCore(), workspace.intake.db, asyncio.Event()
    settings = IntakeSettings(database_url=workspace.intake.database.url, port=0)
    work = dict(loops(settings, db, core.client))
    running = [asyncio.ensure_future(work[name](stop)) for name in ("delivery", "sequencer")]
    source = await workspace.source()
    submission = await workspace.received(source, json={"phone": "89990000204"})
    async with workspace.intake.client_as("platform") as reader:
        last, statuses = None, list[str]()
        while "delivered" not in statuses:
            params: dict[str, Any] = {"type": "submission.recorded", "timeout": 5000}
            page = (await reader.get("/v1/events", params=params | ({"lastEventId": last} if last else {}))).json()
            statuses += [event["data"]["status"] for event in page]
            last = page[-1]["id"]
    stop.set()
    await asyncio.gather(*running)
    assert statuses == ["ready", "delivered"]
    assert core.order == [submission["id"]]


async def test_the_metrics_tell_what_waits_and_what_was_received(workspace: Workspace) -> None:
    await workspace.received(await workspace.source(), json={"phone": "89990000204"})
    await count(workspace.intake.db)
    metrics = (await workspace.client.get("/metrics")).text
    assert "leadflow_submissions_waiting 1.0" in metrics
    assert 'leadflow_submissions_total{channel="form",provider="generic",status="ready"}' in metrics


async def test_cleaning_and_closing_find_nothing_to_do_in_an_empty_house(intake: RunningService) -> None:
    await clean(intake.db, intake.app.state.settings)
    await close(intake.db, intake.app.state.sealer)


async def test_without_crm_core_the_worker_waits_and_ends_when_asked(intake: RunningService) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    settings, stop = IntakeSettings(database_url=intake.database.url, port=0), asyncio.Event()
    core = ServiceClient("crm-core", "http://core", "", transport=httpx.MockTransport(away))
    running = [asyncio.ensure_future(loop(stop)) for _, loop in loops(settings, intake.db, core)]
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*running), 10)
