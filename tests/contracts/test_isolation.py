"""Another workspace's token finds nothing: every operation that names a thing answers 404, every list stays empty."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from crm_core.mint import mint
from leadkit.testing.services import RunningService
from leadkit.tokens import SCOPES

from tests.contracts.documents import operations

ENDLESS = "/v1/stream"  # has tests of its own
MONEY = {"amount": "100.00", "currency": "RUB"}
# What an operation needs in its body before it looks for the thing; the rest takes an empty object.
BODIES: dict[str, dict[str, Any]] = {
    "leads_postpone": {"until": "2036-01-01T00:00:00Z"},
    "leads_disqualify": {"reason": "other", "note": "x"},
    "leads_merge": {"into": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "contacts_merge": {"into": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "companies_merge": {"into": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "deals_move": {"stage_id": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "deals_win": {"amount": MONEY},
    "deals_lose": {"reason": "other", "note": "x"},
    "deals_put_lines": {"lines": []},
    "deals_assign": {"owner_id": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "pipelines_stages_create": {"key": "demo", "name": "Demo", "position": 9, "probability": 0.5},
    "pipelines_order_stages": {"stage_ids": ["0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"]},
    "activities_assign": {"owner_id": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"},
    "activities_complete": {"result": "reached"},
}


@pytest_asyncio.fixture(autouse=True)
async def signing_key(core: RunningService) -> None:
    """Tokens can be made; the tests' own key stays known beside it."""
    await mint(core.app.state.settings, name="tests", scopes=sorted(SCOPES), days=1)
    await core.trust_test_tokens()


def _naming_a_thing() -> list[tuple[str, str, dict[str, Any]]]:
    """Operations with an id in their path. Workspaces themselves are the platform's: 403 for everybody else."""
    return [each for each in operations("crm-core") if "{" in each[0] and not each[0].startswith("/v1/workspaces")]


def _made(answer: httpx.Response) -> str:
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json()["id"])


async def _workspace(core: RunningService, name: str) -> UUID:
    async with core.client_as("platform") as client:
        body = {"name": name, "time_zone": "Europe/Moscow", "currency": "RUB", "default_region": "RU", "language": "en"}
        return UUID(_made(await client.post("/v1/workspaces", json=body)))


CUSTOM_FIELD = {"entity": "lead", "key": "a", "name": {"en": "A"}, "type": "text"}
MADE: tuple[tuple[str, str, Callable[[dict[str, str]], dict[str, Any]]], ...] = (
    ("team_id", "/v1/teams", lambda _: {"name": "Sales"}),
    ("contact_id", "/v1/contacts", lambda _: {"person": {"full_name": "A B"}, "phones": ["+79990000001"]}),
    ("company_id", "/v1/companies", lambda _: {"name": "Example"}),
    ("lead_id", "/v1/leads", lambda _: {"person": {"full_name": "C D"}, "phones": ["+79990000002"]}),
    ("deal_id", "/v1/deals", lambda made: {"name": "Windows", "contact_id": made["contact_id"]}),
    ("activity_id", "/v1/activities", lambda made: {"kind": "task", "lead_id": made["lead_id"], "subject": "x"}),
    ("reason_id", "/v1/loss-reasons", lambda _: {"key": "weather", "name": "Weather"}),
    ("result_id", "/v1/activity-results", lambda _: {"kind": "call", "name": {"en": "Wants an offer"}}),
    ("custom_field_id", "/v1/custom-fields", lambda _: CUSTOM_FIELD),
    ("product_id", "/v1/products", lambda _: {"name": "Chair"}),
    ("tag_id", "/v1/tags", lambda _: {"name": "vip"}),
    ("segment_id", "/v1/segments", lambda _: {"name": "All", "filter": {"all": []}}),
    ("token_id", "/v1/tokens", lambda _: {"name": "BI", "role": "analyst"}),
    (
        "user_id",
        "/v1/users",
        lambda made: {
            "name": "Olga", "email": "olga@example.org", "role": "manager", "team_id": made["team_id"],
        },
    ),
    ("view_id", "/v1/views", lambda _: {"name": "Mine", "entity": "lead", "shared": "all"}),
    ("export_id", "/v1/exports", lambda _: {"entity": "lead"}),
    ("webhook_id", "/v1/webhooks", lambda _: {"name": "Till", "url": "https://hooks.example.com/"}),
    ("delivery_id", "/v1/webhooks/{webhook_id}/test", lambda _: {}),
    ("rule_id", "/v1/scoring-rules", lambda _: {"name": "Called", "points": 5}),
    ("assignment_rule_id", "/v1/assignment-rules", lambda _: {"name": "By turn"}),
    ("simulation_id", "/v1/assignment/simulations", lambda _: {"rules": []}),
    ("redistribution_id", "/v1/assignment/redistribute", lambda made: {"user_id": made["user_id"]}),
    ("question_id", "/v1/qualification-questions", lambda _: {"key": "floor", "name": "Which floor?", "type": "text"}),
    ("holiday_id", "/v1/holidays", lambda _: {"day": "2027-01-01", "name": "New Year"}),
    ("address_id", "/v1/unmatched-addresses", lambda _: {"kind": "phone", "value": "+79990000003", "reason": "own"}),
)  # fmt: skip
"""The name that paths give an id, where such a thing is made, and of what (given what was made before)."""


async def _things_of(core: RunningService, workspace: UUID) -> dict[str, str]:
    """One of everything, by the name that paths give its id."""
    things = {"workspace_id": str(workspace)}
    async with core.client_as("admin", workspace) as client:
        for name, path, body in MADE:
            things[name] = _made(await client.post(path.format(**things), json=body(things)))
        pipeline = (await client.get("/v1/pipelines")).json()["items"][0]
        things |= await _alike(client)
        stages = (await client.get(f"/v1/pipelines/{pipeline['id']}/stages")).json()
    first = (stages["items"] if isinstance(stages, dict) else stages)[0]
    return things | {"pipeline_id": pipeline["id"], "stage_id": first["id"]}


async def _alike(client: httpx.AsyncClient) -> dict[str, str]:
    """Two pairs of companies with one name each: one is suggested, the other merged."""
    ids = [
        _made(await client.post("/v1/companies", json={"name": name})) for name in ("Alike", "Alike", "Same", "Same")
    ]
    found = (await client.get(f"/v1/companies/{ids[0]}/duplicates")).json()["items"]
    merged = (await client.post(f"/v1/companies/{ids[2]}/merge", json={"into": ids[3]})).json()
    return {"duplicate_id": found[0]["id"], "merge_id": merged["merge"]["id"]}


async def _sent(client: httpx.AsyncClient, method: str, path: str, operation: dict[str, Any]) -> httpx.Response:
    body = BODIES.get(operation["operationId"], {}) if "requestBody" in operation else None
    return await client.request(method, path, json=body, headers={"If-Match": '"1"'})


async def test_a_token_of_another_workspace_gets_404_wherever_crm_core_names_a_thing(core: RunningService) -> None:
    theirs = await _things_of(core, await _workspace(core, "Theirs"))
    mine = await _workspace(core, "Mine")
    tried, wrong = 0, []
    async with core.client_as("admin", mine) as stranger:
        for path, method, operation in _naming_a_thing():
            answer = await _sent(stranger, method, path.format(**theirs), operation)
            tried += 1
            if answer.status_code != 404:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert tried > 30


async def test_the_same_requests_are_not_404_for_the_workspace_itself(core: RunningService) -> None:
    """Else the test above could pass by asking for things that are not there at all."""
    workspace = await _workspace(core, "Mine")
    mine = await _things_of(core, workspace)
    missing = []
    async with core.client_as("admin", workspace) as client:
        for path, method, operation in _naming_a_thing():
            if method == "get":
                answer = await _sent(client, method, path.format(**mine), operation)
                if answer.status_code not in (200, 409):  # an export that no worker has written yet
                    missing.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert missing == []


async def test_lists_of_another_workspace_hold_nothing_of_it(core: RunningService) -> None:
    theirs = set((await _things_of(core, await _workspace(core, "Theirs"))).values())
    mine = await _workspace(core, "Mine")
    async with core.client_as("admin", mine) as stranger:
        for path, method, operation in operations("crm-core"):
            if method == "get" and path.startswith("/v1/") and "{" not in path and path != ENDLESS:
                answer = await _sent(stranger, method, path, operation)
                assert [each for each in theirs if each in answer.text] == [], path
