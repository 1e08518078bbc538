"""Stages and pipelines that are given up, and where their open deals go."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from analytics.metrics.stages import Place, Standing, how_left
from analytics.projections.catalogue import names_in
from analytics.projections.facts import deal_row
from crm_core.deals import clearing

from tests.crm_core.conftest import Tenant

RUB = {"amount": "1500.00", "currency": "RUB"}


def stage(key: str, probability: float, **values: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "probability": probability, **values}


async def made(client: httpx.AsyncClient, **values: Any) -> tuple[str, dict[str, str]]:
    """The path of a new pipeline, and the ids of its stages by key."""
    stages = [stage("first", 0.1), stage("second", 0.4), stage("third", 0.8)]
    pipeline = (await client.post("/v1/pipelines", json={"name": "Rent", "stages": stages, **values})).json()
    return f"/v1/pipelines/{pipeline['id']}", {one["key"]: one["id"] for one in pipeline["stages"]}


async def deal_in(client: httpx.AsyncClient, stage_id: str, **values: Any) -> dict[str, Any]:
    added = await client.post("/v1/deals", json={"name": "Flat", "stage_id": stage_id, **values})
    return dict(added.raise_for_status().json())


async def test_open_deals_of_a_stage_given_up_go_where_they_are_sent(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "AT_ONCE", 2)
    async with tenant.client_as() as admin:
        path, at = await made(admin)
        deals = [await deal_in(admin, at["second"]) for _ in range(3)]
        lost = await deal_in(admin, at["second"])
        await admin.post(f"/v1/deals/{lost['id']}/lose", json={"reason": "spam"})
        archive = f"{path}/stages/{at['second']}/archive"
        nowhere = await admin.post(archive, json={})
        itself = await admin.post(archive, json={"move_to": at["second"]})
        left = await admin.post(archive, json={"move_to": at["third"]})
        again = await admin.post(archive, json={})
        moved = [(await admin.get(f"/v1/deals/{deal['id']}")).json() for deal in deals]
        kept = (await admin.get(f"/v1/deals/{lost['id']}")).json()
        into = await admin.post(f"/v1/deals/{moved[0]['id']}/move", json={"stage_id": at["second"]})
        begun = await admin.post("/v1/deals", json={"name": "Flat", "stage_id": at["second"]})
        reopened = await admin.post(f"/v1/deals/{lost['id']}/reopen", json={})
        elsewhere = await admin.post(f"/v1/deals/{lost['id']}/reopen", json={"stage_id": at["first"]})
        history = (await admin.get(f"/v1/deals/{moved[0]['id']}/history")).json()
        back = (await admin.post(f"{path}/stages/{at['second']}/restore")).json()
        goes = await admin.post(f"/v1/deals/{moved[0]['id']}/move", json={"stage_id": at["second"]})
        archived = (await tenant.core.events("pipeline.changed"))[-2]["data"]["stages"]
    assert [(one["key"], one["position"]) for one in back["stages"]] == [("first", 0), ("second", 1), ("third", 2)]
    assert goes.status_code == 200
    assert (nowhere.status_code, nowhere.json()["type"], itself.status_code) == (409, "/problems/stage-in-use", 422)
    assert [(one["key"], one["position"]) for one in left.json()["stages"]] == [("first", 0), ("third", 1)]
    assert again.json()["version"] == left.json()["version"]
    assert {(deal["stage_id"], deal["version"], deal["probability"]) for deal in moved} == {(at["third"], 2, 0.8)}
    assert (kept["stage_id"], kept["status"]) == (at["second"], "lost")
    assert [answer.status_code for answer in (into, begun, reopened, elsewhere)] == [422, 422, 422, 200]
    assert [one["stage"] for one in history["items"]] == ["second", "third"]
    told = await tenant.core.events("deal.moved")
    assert {event["subject"] for event in told} == {deal["id"] for deal in deals}
    assert [(one["key"], one["position"], one["archived"]) for one in archived] == [
        ("first", 0, False), ("third", 1, False), ("second", 1, True),
    ]  # fmt: skip


async def test_a_pipeline_given_up_is_offered_no_more(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path, at = await made(admin)
        default = (await admin.get("/v1/pipelines")).json()["items"][0]
        deal = await deal_in(admin, at["first"])
        refused = await admin.post(f"/v1/pipelines/{default['id']}/archive", json={})
        in_use = await admin.post(f"{path}/archive", json={})
        archived = await admin.post(f"{path}/archive", json={"move_to": default["stages"][0]["id"]})
        moved = (await admin.get(f"/v1/deals/{deal['id']}")).json()
        listed = [
            len((await admin.get("/v1/pipelines", params=asked)).json()["items"])
            for asked in ({}, {"archived": "true"})
        ]
        begun = await admin.post("/v1/deals", json={"name": "Flat", "pipeline_id": path.rsplit("/", 1)[1]})
        default_again = await admin.patch(path, json={"is_default": True}, headers={"If-Match": "*"})
        alone = await admin.post(f"{path}/stages/{at['first']}/restore")
        back = (await admin.post(f"{path}/restore")).json()
        offered = (await admin.get(f"{path}/stages")).json()["items"]
    assert (refused.json()["type"], in_use.json()["type"]) == ("/problems/last-stage", "/problems/stage-in-use")
    assert (archived.json()["archived"], len(archived.json()["stages"])) == (True, 3)
    assert (moved["pipeline_id"], listed) == (default["id"], [1, 1])
    assert [begun.status_code, default_again.status_code, alone.status_code] == [422, 422, 409]
    assert (back["archived"], [(one["key"], one["position"]) for one in offered]) == (
        False, [("first", 0), ("second", 1), ("third", 2)],
    )  # fmt: skip


async def test_a_deal_that_comes_while_its_stage_is_given_up_is_moved_or_refused(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path, at = await made(admin)
        deals = [await deal_in(admin, at["first"]) for _ in range(6)]
        archive = admin.post(f"{path}/stages/{at['second']}/archive", json={"move_to": at["third"]})
        moves = [admin.post(f"/v1/deals/{deal['id']}/move", json={"stage_id": at["second"]}) for deal in deals]
        archived, *moved = await asyncio.gather(archive, *moves)
        open_there = (await admin.get("/v1/deals", params={"stage_id": at["second"], "status": "open"})).json()
    assert archived.status_code == 200
    assert {answer.status_code for answer in moved} <= {200, 422}
    assert open_there["items"] == []


async def test_stages_are_put_in_order_at_once(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path, at = await made(admin)
        wanted = [at["third"], at["first"], at["second"]]
        blind = await admin.put(f"{path}/stages/order", json={"stage_ids": wanted})
        one_missing = await admin.put(f"{path}/stages/order", json={"stage_ids": wanted[1:]}, headers={"If-Match": "*"})
        ordered = await admin.put(f"{path}/stages/order", json={"stage_ids": wanted}, headers={"If-Match": '"1"'})
        shown = await admin.get(f"{path}/stages/{at['third']}")
    assert [blind.status_code, one_missing.status_code] == [428, 422]
    assert [one["key"] for one in ordered.json()["stages"]] == ["third", "first", "second"]
    assert (shown.json()["position"], shown.headers["etag"]) == (0, '"1"')


async def test_a_pipeline_says_in_which_order_and_from_where_on_with_which_amount(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path, at = await made(admin, may_skip=False, may_go_back=False, amount_needed_from=0.8)
        deal = await deal_in(admin, at["first"])
        move = f"/v1/deals/{deal['id']}/move"
        skipped = await admin.post(move, json={"stage_id": at["third"]})
        assert (await admin.post(move, json={"stage_id": at["second"]})).status_code == 200
        back = await admin.post(move, json={"stage_id": at["first"]})
        worthless = await admin.post(move, json={"stage_id": at["third"]})
        await admin.patch(path, json={"may_go_back": True, "amount_needed_from": None}, headers={"If-Match": "*"})
        allowed = [(await admin.post(move, json={"stage_id": at[key]})).status_code for key in ("third", "first")]
    assert [[error["pointer"] for error in answer.json()["errors"]] for answer in (skipped, back, worthless)] == [
        ["/stage_id", "/amount"], ["/stage_id"], ["/amount"],
    ]  # fmt: skip
    assert allowed == [200, 200]


async def test_analytics_reads_a_move_to_another_pipeline_from_the_events(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        _, at = await made(admin)
        default = (await admin.get("/v1/pipelines")).json()["items"][0]
        deal = await deal_in(admin, default["stages"][0]["id"])
        for target in (default["stages"][1]["id"], at["second"]):
            await admin.post(f"/v1/deals/{deal['id']}/move", json={"stage_id": target})
    places = {
        name.id: Place(name.parent or "", name.position or 0)
        for event in await tenant.core.events("pipeline.changed")
        for name in names_in("pipeline", event["data"])
        if name.kind == "stage"
    }
    fact = deal_row(UUID(int=1), (await tenant.core.events("deal.moved"))[-1]["data"])
    left = {
        stage_id: how_left(Standing(str(fact.pipeline_id), stage_id, str(fact.stage_id), fact.status), places)
        for stage_id in fact.reached
    }
    assert left == {
        default["stages"][0]["id"]: "moved_to_another_pipeline",
        default["stages"][1]["id"]: "moved_to_another_pipeline",
        at["second"]: "still_here",
    }
