"""The guide to assignment is true: its set-ups can be made as they stand there, and leads go where it says."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crm_core.leads.overdue import watch_deadlines
from leadkit import clock

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "assignment.md").read_text()
SET_UPS = {
    title: json.loads(block)
    for title, block in re.findall(r"^## (.+?)\n.*?^```json\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
}


def test_there_are_three_set_ups() -> None:
    assert len(SET_UPS) == 3


def with_ids(rule: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    return rule | {"weights": {ids[name]: weight for name, weight in rule.get("weights", {}).items()}}


async def made(tenant, set_up: dict[str, Any]) -> dict[str, str]:
    """The people and rules of a set-up; their ids by name."""
    team = (await tenant.team("Sales"))["id"]
    ids = {}
    for person in set_up["people"]:
        hours = set_up.get("hours", {}).get(person.get("hours"))
        values = {name: value for name, value in person.items() if name not in ("name", "hours")}
        user = await tenant.user(person["name"], team_id=team, working_hours=hours, **values)
        ids[person["name"]] = user["id"]
    async with tenant.client_as() as admin:
        for rule in set_up["rules"]:
            answer = await admin.post("/v1/assignment-rules", json=with_ids(rule, ids))
            assert answer.status_code == 201, answer.text
    return ids


@pytest.mark.parametrize("title", SET_UPS)
async def test_leads_go_where_the_guide_says(tenant, title):
    set_up = SET_UPS[title]
    ids = await made(tenant, set_up)
    names = {user: name for name, user in ids.items()}
    async with tenant.client_as() as admin:
        for tried in set_up["tried"]:
            lead = dict(tried["lead"])
            if "previous_owner_id" in lead:
                lead["previous_owner_id"] = ids[lead["previous_owner_id"]]
            asked = {"leads": [lead] * 20, "at": tried.get("at")}
            shown = (await admin.post("/v1/assignment/preview", json=asked)).raise_for_status().json()
            owners = {names[item["owner_id"]] for item in shown["items"] if item["owner_id"]}
            assert owners == set(tried["goes_to"]), (tried, shown["items"][0]["words"])


async def test_a_trainee_gets_one_where_others_get_three(tenant):
    ids = await made(tenant, SET_UPS["Hot leads to seniors, at once"])
    async with tenant.client_as() as admin:
        asked = {"leads": [{"temperature": "cold"}] * 20}
        shown = (await admin.post("/v1/assignment/preview", json=asked)).raise_for_status().json()
    assert {user["user_id"]: user["leads"] for user in shown["users"]} == {
        ids["Senior One"]: 6, ids["Senior Two"]: 6, ids["Middle"]: 6, ids["Trainee"]: 2,
    }  # fmt: skip


async def test_a_hot_lead_that_a_senior_does_not_start_in_a_minute_goes_to_the_other(tenant):
    ids = await made(tenant, SET_UPS["Hot leads to seniors, at once"])
    hot = {
        "person": {"full_name": "Анна", "company": "Окна"}, "phones": ["+79160000001"], "emails": ["anna@example.org"],
        "product": "windows", "message": "Сегодня", "budget": {"amount": "90000.00", "currency": "RUB"},
    }  # fmt: skip
    began, owners = clock.now(), []
    async with tenant.client_as() as admin:
        lead = (await admin.post("/v1/leads", json=hot)).raise_for_status().json()
        assert lead["temperature"] == "hot"
        for seconds in (0, 59, 62):
            with clock.at(began + timedelta(seconds=seconds)):
                await watch_deadlines(tenant.core.db)
            owners.append((await admin.get(f"/v1/leads/{lead['id']}")).json()["owner_id"])
        told = (await admin.get(f"/v1/leads/{lead['id']}/deadlines")).json()["items"]
    assert owners[0] == owners[1] == lead["owner_id"]
    assert {owners[1], owners[2]} == {ids["Senior One"], ids["Senior Two"]}
    assert told[-1]["breach"] == "not_accepted"
