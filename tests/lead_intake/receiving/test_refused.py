"""Refused requests: kept sealed, listable, and taken in once the secret is right."""

import json
from datetime import timedelta
from typing import cast

import pytest
from lead_intake.receiving import refusing
from lead_intake.receiving.refusing import forget_refused
from leadkit import clock
from leadkit.ids import new_id
from sqlalchemy import text

from tests.lead_intake.receiving.test_door import ANNA, SECRETS, mango, missed_call
from tests.lead_intake.workspace import Json, Workspace

WRONG = {**SECRETS, "vpbx_api_salt": "mistyped"}


async def refused(workspace: Workspace) -> list[Json]:
    answer = await workspace.client.get("/v1/refused", params={"limit": 200})
    return cast(list[Json], answer.json()["items"])


async def test_a_wrong_signature_is_403_and_makes_no_submission(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    answer = await workspace.door(source, "/events/summary", data=mango(missed_call(), WRONG))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-authentic")
    assert await workspace.submissions() == []
    (kept,) = await refused(workspace)
    assert (kept["source_id"], kept["reason"], kept["method"]) == (source["id"], "signature", "POST")


async def test_a_source_that_signs_is_refused_until_it_has_its_secret(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call")
    assert (await workspace.door(source, "/events/summary", data=mango(missed_call()))).status_code == 403


async def test_what_is_kept_cannot_be_read_in_the_database(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    await workspace.door(source, "/events/summary", data=mango(missed_call(), WRONG))
    async with workspace.intake.db.transaction(workspace.id) as session:
        sealed = await session.scalar(text("SELECT sealed FROM refused WHERE workspace_id = :w"), {"w": workspace.id})
    assert b"79990000101" not in bytes(sealed)


async def test_a_mistyped_secret_costs_no_lead(workspace: Workspace) -> None:
    source = await workspace.source("mango_office", "call", secrets=WRONG)
    await workspace.door(source, "/events/summary", data=mango(missed_call()))
    (kept,) = await refused(workspace)
    still = await workspace.client.post(f"/v1/refused/{kept['id']}/replay")
    assert (still.status_code, still.json()["type"]) == (409, "/problems/still-not-authentic")
    mended = await workspace.client.patch(
        f"/v1/sources/{source['id']}", json={"secrets": SECRETS}, headers={"If-Match": '"1"'}
    )
    assert mended.status_code == 200
    taken = await workspace.client.post(f"/v1/refused/{kept['id']}/replay")
    assert taken.status_code == 202
    submission = await workspace.submission(taken.json()["submission_ids"][0])
    assert submission["status"] == "ready"
    assert submission["received_at"] == kept["received_at"]
    assert SECRETS["vpbx_api_key"] not in json.dumps(submission["raw"])
    assert await refused(workspace) == []
    assert (await workspace.client.post(f"/v1/refused/{kept['id']}/replay")).status_code == 404


async def test_a_page_whose_origin_was_forgotten_costs_no_lead_either(workspace: Workspace) -> None:
    source = await workspace.source(allowed_origins=["https://www.example.ru"])
    await workspace.door(source, json=ANNA, headers={"Origin": "https://new.example.ru"})
    (kept,) = await refused(workspace)
    assert kept["reason"] == "origin"
    origins = {"allowed_origins": ["*.example.ru"]}
    await workspace.client.patch(f"/v1/sources/{source['id']}", json=origins, headers={"If-Match": '"1"'})
    assert (await workspace.client.post(f"/v1/refused/{kept['id']}/replay")).status_code == 202
    assert len(await workspace.submissions(status="ready")) == 1


async def test_only_the_newest_of_a_source_are_kept_and_only_for_a_week(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusing, "KEPT_A_SOURCE", 3)
    source = await workspace.source("mango_office", "call", secrets=SECRETS)
    for entry in range(5):
        await workspace.door(source, f"/events/{entry}", data=mango(missed_call(), WRONG))
    assert len(await refused(workspace)) == 3
    async with workspace.intake.db.transaction(role="worker") as session:
        await forget_refused(session, now=clock.now() + timedelta(days=6))
    assert len(await refused(workspace)) == 3
    async with workspace.intake.db.transaction(role="worker") as session:
        await forget_refused(session, now=clock.now() + timedelta(days=8))
    assert await refused(workspace) == []


async def test_an_unknown_one_is_404(workspace: Workspace) -> None:
    assert (await workspace.client.post(f"/v1/refused/{new_id()}/replay")).status_code == 404
