"""`/v1/pipelines`, over HTTP, and where stages come to stand."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from crm_core.pipelines.rules import DEFAULT_STAGES, name_in, placed, unknown_fields
from leadkit.ids import new_id

from tests.crm_core.conftest import Tenant

TRIAL = {"key": "trial", "name": "Trial", "probability": 0.3}


async def default_of(client: httpx.AsyncClient) -> dict[str, Any]:
    pipelines = (await client.get("/v1/pipelines")).raise_for_status().json()["items"]
    return dict(next(pipeline for pipeline in pipelines if pipeline["is_default"]))


async def keys_of(client: httpx.AsyncClient, pipeline: dict[str, Any]) -> list[str]:
    answer = await client.get(f"/v1/pipelines/{pipeline['id']}/stages")
    return [stage["key"] for stage in answer.raise_for_status().json()["items"]]


@pytest.mark.parametrize(
    ("position", "order"),
    [(None, "abcX"), (0, "Xabc"), (2, "abXc"), (99, "abcX")],
    ids=["last", "first", "third", "far"],
)
def test_a_stage_comes_to_stand_at_its_position(position: int | None, order: str) -> None:
    assert "".join(placed(["a", "b", "c"], "X", position)) == order


def test_a_stage_that_moves_leaves_its_former_place() -> None:
    stages = ["a", "b", "c"]
    assert placed(stages, stages[0], 2) == ["b", "c", "a"]


def test_names_are_english_where_there_is_no_other() -> None:
    names = {"en": "Sales", "ru": "Продажи"}
    assert [name_in(language, names) for language in ("ru-RU", "RU", "de", "en-GB")] == [
        "Продажи",
        "Продажи",
        "Sales",
        "Sales",
    ]


def test_a_stage_asks_only_for_fields_that_deals_have() -> None:
    assert unknown_fields(["amount", "custom.contract", "shoe_size"]) == ["shoe_size"]


async def test_a_new_workspace_has_the_default_pipeline_in_its_language(tenant: Tenant) -> None:
    async with tenant.core.client_as("platform") as platform:
        made = await platform.post("/v1/workspaces", json={"name": "Окна", "language": "ru"})
    russian = Tenant(tenant.core, UUID(made.json()["id"]))
    names = []
    for each in (tenant, russian):
        async with each.client_as("manager") as manager:
            pipeline = await default_of(manager)
        assert [stage["key"] for stage in pipeline["stages"]] == [stage.key for stage in DEFAULT_STAGES]
        assert [stage["position"] for stage in pipeline["stages"]] == [0, 1, 2, 3, 4]
        names.append((pipeline["name"], pipeline["stages"][0]["name"]))
    assert names == [("Sales", "Initiation"), ("Продажи", "Инициация")]


async def test_a_pipeline_of_ones_own_can_become_the_default(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        former = await default_of(admin)
        made = await admin.post("/v1/pipelines", json={"name": "Rent", "stages": [TRIAL]})
        path = made.headers["location"]
        changed = await admin.patch(path, json={"is_default": True}, headers={"If-Match": '"1"'})
        abandoned = await admin.patch(path, json={"is_default": False}, headers={"If-Match": '"2"'})
        stepped_back = (await admin.get(f"/v1/pipelines/{former['id']}")).json()
        deal = (await admin.post("/v1/deals", json={"name": "Flat"})).json()
    assert (made.status_code, made.json()["is_default"], changed.json()["is_default"]) == (201, False, True)
    assert (stepped_back["is_default"], stepped_back["version"]) == (False, 2)
    assert abandoned.status_code == 422
    assert deal["pipeline_id"] == made.json()["id"]


async def test_two_defaults_wanted_at_once_leave_exactly_one(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        wanted = {"name": "Rent", "is_default": True, "stages": [TRIAL]}
        answers = await asyncio.gather(*(admin.post("/v1/pipelines", json=wanted) for _ in range(4)))
        pipelines = (await admin.get("/v1/pipelines")).json()["items"]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(pipeline["is_default"] for pipeline in pipelines) == 1


async def test_stages_are_added_and_moved(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        pipeline = await default_of(admin)
        path = f"/v1/pipelines/{pipeline['id']}/stages"
        added = await admin.post(path, json={**TRIAL, "position": 1, "required_fields": ["amount"]})
        after_adding = await keys_of(admin, pipeline)
        moved = await admin.patch(
            f"{path}/{added.json()['id']}", json={"position": 5, "rots_after_days": 3}, headers={"If-Match": '"1"'}
        )
        after_moving = await keys_of(admin, pipeline)
    assert (added.status_code, added.json()["required_fields"]) == (201, ["amount"])
    assert after_adding == ["initiation", "trial", "qualification", "proposal", "negotiation", "closing"]
    assert (moved.json()["rots_after_days"], moved.json()["version"]) == (3, 2)
    assert after_moving == ["initiation", "qualification", "proposal", "negotiation", "closing", "trial"]


async def test_what_is_wrong_with_a_stage_is_refused(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        pipeline = await default_of(admin)
        path = f"/v1/pipelines/{pipeline['id']}/stages"
        taken = await admin.post(path, json={**TRIAL, "key": "closing"})
        unknown = await admin.post(path, json={**TRIAL, "required_fields": ["shoe_size"]})
        sure = await admin.post(path, json={**TRIAL, "probability": 1.5})
        stage = f"{path}/{pipeline['stages'][0]['id']}"
        blind = await admin.patch(stage, json={"name": "X"})
        stale = await admin.patch(stage, json={"name": "X"}, headers={"If-Match": '"7"'})
        nameless = await admin.patch(stage, json={"name": None}, headers={"If-Match": '"1"'})
    assert taken.json()["type"] == "/problems/stage-key-taken"
    assert [answer.status_code for answer in (taken, unknown, sure)] == [409, 422, 422]
    assert [answer.status_code for answer in (blind, stale, nameless)] == [428, 412, 422]


async def test_a_stage_keeps_out_deals_that_lack_its_fields(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        pipeline = await default_of(admin)
        demanding = {**TRIAL, "required_fields": ["amount", "custom.contract"]}
        stage = (await admin.post(f"/v1/pipelines/{pipeline['id']}/stages", json=demanding)).json()
        deal = (await admin.post("/v1/deals", json={"name": "Chairs"})).json()
        move = f"/v1/deals/{deal['id']}/move"
        refused = await admin.post(move, json={"stage_id": stage["id"]})
        filled = {"amount": {"amount": "1.00", "currency": "RUB"}, "custom": {"contract": "7/26"}}
        await admin.patch(f"/v1/deals/{deal['id']}", json=filled, headers={"If-Match": '"1"'})
        moved = await admin.post(move, json={"stage_id": stage["id"]})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/amount", "/custom/contract"]
    assert (moved.status_code, moved.json()["stage_id"]) == (200, stage["id"])


async def test_a_stage_of_another_pipeline_takes_the_deal_there(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = (await admin.post("/v1/deals", json={"name": "Chairs"})).json()
        rent = (await admin.post("/v1/pipelines", json={"name": "Rent", "stages": [TRIAL]})).json()
        moved = await admin.post(f"/v1/deals/{deal['id']}/move", json={"stage_id": rent["stages"][0]["id"]})
    assert (moved.json()["pipeline_id"], moved.json()["probability"]) == (rent["id"], 0.3)


async def test_managers_read_pipelines_and_only_their_heads_change_them(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        pipeline = await default_of(admin)
    path = f"/v1/pipelines/{pipeline['id']}"
    for role, expected in (("manager", 403), ("analyst", 403), ("head", 200)):
        async with tenant.client_as(role) as client:  # type: ignore[arg-type]
            assert (await client.patch(path, json={}, headers={"If-Match": "*"})).status_code == expected


async def test_another_workspace_finds_no_pipeline(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        pipeline = await default_of(admin)
        path = f"/v1/pipelines/{pipeline['id']}"
        answers = [
            await other.get(path),
            await other.get(f"{path}/stages"),
            await other.post(f"{path}/stages", json=TRIAL),
            await other.patch(path, json={}, headers={"If-Match": "*"}),
            await other.patch(f"{path}/stages/{pipeline['stages'][0]['id']}", json={}, headers={"If-Match": "*"}),
        ]
    assert {answer.status_code for answer in answers} == {404}


async def test_every_change_is_told_with_the_whole_pipeline(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        pipeline = await default_of(admin)
        await admin.post(f"/v1/pipelines/{pipeline['id']}/stages", json=TRIAL)
        lost = await admin.get(f"/v1/pipelines/{new_id()}")
    told = [event["data"] for event in await tenant.core.events("pipeline.changed")]
    assert [len(event["stages"]) for event in told if event["id"] == pipeline["id"]] == [5, 6]
    assert lost.status_code == 404
