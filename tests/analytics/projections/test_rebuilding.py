"""A rebuild that somebody asked for: of cells, and of facts from the services' snapshots, while answers go on."""

from typing import Any

import crm_core.feed
import httpx
import pytest
from analytics import rebuild
from analytics.projections import generations
from analytics.projections.actions import request_rebuild
from analytics.projections.catalogue import NAMES
from analytics.projections.projecting import READERS
from analytics.projections.rebuilding import CORE_SNAPSHOTS, INTAKE_SNAPSHOTS, Rebuilding
from analytics.projections.tables import InquiryFact, LeadFact, cell
from lead_intake.sources import queries as sources
from lead_intake.submissions import queries as submissions
from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import delete, select, update

from tests.analytics.projections.conftest import Projected
from tests.analytics.projections.histories import attribution, deal, event, inquiry, lead, submission


class Peer:
    """A service that answers snapshots, two states a page."""

    def __init__(self, projected: Projected, **states: list[dict[str, Any]]) -> None:
        self.projected, self.states = projected, states
        self.client = ServiceClient("peer", "http://peer", "", transport=httpx.MockTransport(self._answer))
        self.status = 200

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.status != 200:
            return httpx.Response(self.status, json={})
        kind, start = request.url.params["type"], int(request.url.params.get("cursor", "0"))
        states = self.states.get(kind, [])
        page = [event(self.projected.workspace_id, f"{kind}.updated", state) for state in states[start : start + 2]]
        following = str(start + 2) if start + 2 < len(states) else None
        return httpx.Response(200, json={"items": [e.model_dump(mode="json") for e in page], "next_cursor": following})


async def _ask(projected: Projected, *, with_facts: bool) -> None:
    async with projected.db.transaction(role="worker") as session:
        await request_rebuild(session, projected.workspace_id, with_facts=with_facts, now=clock.now())


async def test_a_rebuild_mends_cells_that_are_wrong(projected: Projected) -> None:
    await projected.tell(("lead.created", lead()), ("deal.created", deal()), ("submission.recorded", submission()))
    right = await projected.cells()
    async with projected.db.transaction(role="worker") as session:
        await session.execute(
            update(cell).where(cell.c.workspace_id == projected.workspace_id).values(leads=cell.c.leads + 5)
        )
    assert await projected.cells() != right
    await _ask(projected, with_facts=False)
    await projected.settle()
    assert await projected.cells() == right


async def test_a_chunk_that_takes_too_long_is_counted_in_smaller_ones(
    projected: Projected, monkeypatch: pytest.MonkeyPatch
) -> None:
    await projected.tell(("lead.created", lead()), ("deal.created", deal()))
    right, counted = await projected.cells(), generations.build_chunk
    tried: list[int] = []

    async def busy(*given: Any, limit: int, **more: Any) -> bool:
        tried.append(limit)
        done = await counted(*given, limit=limit, **more)
        if limit > generations.LEAST:
            raise TimeoutError
        return done

    monkeypatch.setattr(generations, "build_chunk", busy)
    await _ask(projected, with_facts=False)
    await projected.settle()
    assert await projected.cells() == right
    assert tried[:2] == [generations.CHUNK, generations.LEAST]


async def test_a_rebuild_with_facts_reads_what_was_lost_from_the_snapshots(projected: Projected) -> None:
    leads = [lead() for _ in range(5)]
    peer = Peer(projected, lead=leads, deal=[deal()], inquiry=[inquiry()], submission=[submission()])
    await projected.tell(("lead.created", leads[0]))
    async with projected.db.transaction(role="worker") as session:
        of_workspace = (LeadFact.workspace_id == projected.workspace_id,)
        await session.execute(delete(LeadFact).where(*of_workspace))
    await _ask(projected, with_facts=True)
    await Rebuilding(projected.db, core=peer.client, intake=peer.client).step()
    numbers = [await projected.number(measure) for measure in ("leads", "deals", "inquiries", "submissions")]
    assert numbers == [5, 1, 1, 1]


async def test_a_fact_that_went_wrong_is_replaced_by_the_snapshot_of_the_same_version(projected: Projected) -> None:
    state = lead(channel="call")
    await projected.tell(("lead.created", state | {"channel": "chat"}))
    peer = Peer(projected, lead=[state])
    await _ask(projected, with_facts=True)
    await Rebuilding(projected.db, core=peer.client, intake=peer.client).step()
    assert {key[4] for key in await projected.cells() if key[0] == "campaign" and key[-1] == "leads"} == {"call"}


async def test_a_rebuild_brings_no_ids_of_an_erased_person_back(projected: Projected) -> None:
    seen = attribution(source="google", click_ids={"gclid": "c-1"}, client_ids={"ga": "1.2"})
    state, of = inquiry(attribution=seen, contact_id=str(new_id())), {"version": 1, "lead_ids": [], "hashes": []}
    nameless = state | {"version": 2, "contact_id": None, "attribution": attribution(source="google")}
    erased = of | {"id": str(new_id()), "inquiry_ids": [state["id"]], "contact_ids": [state["contact_id"]]}
    await projected.tell(("inquiry.recorded", state))
    assert "c-1" in await _touches(projected)
    await projected.tell(("inquiry.recorded", nameless), ("person.erased", erased))
    assert "c-1" not in await _touches(projected)
    # The page of a snapshot that was read before the erasure, and one read after it.
    for told in (state, nameless):
        await _ask(projected, with_facts=True)
        await Rebuilding(
            projected.db, core=Peer(projected, inquiry=[told]).client, intake=Peer(projected).client
        ).step()
        touches = await _touches(projected)
        assert "google" in touches
        assert "c-1" not in touches
        assert "1.2" not in touches


async def _touches(projected: Projected) -> str:
    async with projected.db.transaction(role="worker", read_only=True) as session:
        found = await session.scalars(
            select(InquiryFact.touches).where(InquiryFact.workspace_id == projected.workspace_id)
        )
        return str(list(found))


async def test_a_rebuild_waits_for_a_peer_that_is_away(projected: Projected, running_analytics: RunningService) -> None:
    peer = Peer(projected, lead=[lead()])
    peer.status = 503
    await running_analytics.trust_test_tokens()
    await _ask(projected, with_facts=True)
    rebuilding = Rebuilding(projected.db, core=peer.client, intake=peer.client)
    await rebuilding.step()
    async with running_analytics.client_as("admin", projected.workspace_id) as admin:
        assert (await admin.get("/v1/rebuilds")).json()["items"][0]["status"] == "facts"
        peer.status = 200
        await rebuilding.step()
        assert (await admin.get("/v1/rebuilds")).json()["items"][0]["status"] == "done"
    assert await projected.number("leads") == 1


async def test_a_rebuild_that_a_peer_refuses_ends_with_its_problem(
    projected: Projected, running_analytics: RunningService
) -> None:
    peer = Peer(projected)
    peer.status = 422
    await running_analytics.trust_test_tokens()
    await _ask(projected, with_facts=True)
    await Rebuilding(projected.db, core=peer.client, intake=peer.client).step()
    async with running_analytics.client_as("admin", projected.workspace_id) as admin:
        [answer] = (await admin.get("/v1/rebuilds")).json()["items"]
    assert (answer["status"], answer["problem"][:3]) == ("failed", "422")


async def test_an_admin_asks_for_a_rebuild_and_sees_its_progress(
    projected: Projected, running_analytics: RunningService
) -> None:
    await running_analytics.trust_test_tokens()
    await projected.tell(("lead.created", lead()), ("lead.created", lead()))
    async with running_analytics.client_as("admin", projected.workspace_id) as admin:
        assert (await admin.get("/v1/rebuilds")).json()["items"] == []
        asked = await admin.post("/v1/rebuilds", json={})
        assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
        await projected.settle()
        seen = (await admin.get(f"/v1/rebuilds/{asked.json()['id']}")).json()
    assert seen["id"] == asked.json()["id"]
    assert (seen["status"], seen["facts_counted"], seen["generation"]) == ("done", 2, 2)


async def test_an_analyst_may_not_rebuild_and_another_workspace_sees_nothing_of_it(
    projected: Projected, running_analytics: RunningService
) -> None:
    await running_analytics.trust_test_tokens()
    await _ask(projected, with_facts=False)
    async with running_analytics.client_as("analyst", projected.workspace_id) as analyst:
        assert (await analyst.post("/v1/rebuilds", json={})).status_code == 403
    async with running_analytics.client_as("admin", projected.workspace_id) as admin:
        [asked] = (await admin.get("/v1/rebuilds")).json()["items"]
    async with running_analytics.client_as("admin", new_id()) as stranger:
        assert (await stranger.get("/v1/rebuilds")).json()["items"] == []
        assert (await stranger.get(f"/v1/rebuilds/{asked['id']}")).status_code == 404


def test_every_aggregate_that_is_projected_is_read_from_a_snapshot_that_its_service_has() -> None:
    assert {*CORE_SNAPSHOTS, *INTAKE_SNAPSHOTS} == {*READERS, *NAMES, "workspace", "deadline"}
    assert set(CORE_SNAPSHOTS) <= {snapshot.type for snapshot in crm_core.feed.SNAPSHOTS}
    assert set(INTAKE_SNAPSHOTS) == {submissions.SNAPSHOT.type, sources.SNAPSHOT.type}


async def test_the_command_rebuilds_the_workspaces_named(
    projected: Projected, running_analytics: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await projected.tell(("lead.created", lead()))
    async with projected.db.transaction(role="worker") as session:
        await session.execute(update(cell).where(cell.c.workspace_id == projected.workspace_id).values(leads=7))
    monkeypatch.setattr(rebuild, "settings", lambda: running_analytics.app.state.settings)
    await rebuild.main([projected.workspace_id], with_facts=False)
    assert await projected.number("leads") == 1
