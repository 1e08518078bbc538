"""The guide for forms, chats and ads is true: every provider stands in it, and what it shows works as shown."""

import json
import re
from pathlib import Path

import pytest
from lead_intake.providers import PROVIDERS

from tests.lead_intake.workspace import Workspace

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "forms.md").read_text()
SOURCES = [json.loads(found) for found in re.findall(r'\{"name":.*?\}(?=\'?\n\n)', GUIDE, re.DOTALL)]


def test_every_form_chat_and_ad_provider_stands_in_the_guide() -> None:
    ours = {one.slug for one in PROVIDERS if one.channels[0] in ("form", "chat", "ads")} - {"generic"}
    assert set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)) == ours


@pytest.mark.parametrize("wish", SOURCES, ids=lambda wish: str(wish["name"]))
async def test_the_sources_that_it_shows_can_be_made(workspace: Workspace, wish: dict[str, object]) -> None:
    assert (await workspace.client.post("/v1/sources", json=wish)).status_code == 201


async def test_the_request_that_it_shows_becomes_an_inquiry(workspace: Workspace) -> None:
    shown = re.search(r'"\$INBOUND_URL" -d \'(.*?)\'', GUIDE)
    assert shown is not None
    source = (await workspace.client.post("/v1/sources", json=SOURCES[0])).json()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await workspace.door(source, content=shown[1], headers=form)).text == "ok"
    assert [one["status"] for one in await workspace.submissions()] == ["ready"]


async def test_the_hints_are_listed(workspace: Workspace) -> None:
    listed = (await workspace.client.get("/v1/providers")).json()["items"]
    assert {one["slug"] for one in listed} == {one.slug for one in PROVIDERS}
    assert all(one["hint"] and one["settings_schema"]["properties"] and one["channels"] for one in listed)
    (meta,) = [one for one in listed if one["slug"] == "meta"]
    assert {"secret", "verify_token", "access_token"} <= meta["secrets_schema"]["properties"].keys()
