"""Whoever may not see a card finds it nowhere, and changes it by no operation of the OpenAPI document."""

from uuid import UUID

import httpx
from leadkit.testing.services import RunningService
from leadkit.tokens import Role

from tests.contracts.documents import operations
from tests.contracts.test_isolation import ENDLESS, _sent, _things_of, _workspace, signing_key

__all__ = ["signing_key"]

CARDS = ("lead_id", "contact_id", "deal_id", "activity_id")
PERSONAL = ("/v1/leads", "/v1/contacts", "/v1/companies", "/v1/deals", "/v1/activities", "/v1/inquiries", "/v1/calls")
# What every screen needs to name things: any token of the workspace may read these, and change none without scopes.
CATALOGUES = (
    "teams", "users", "tags", "products", "loss-reasons", "activity-results", "custom-fields", "pipelines", "segments",
)  # fmt: skip
# About the token itself, and what checks its scopes by what is asked for.
FOR_ANYONE = (
    "/v1/me", "/v1/tokens", "/v1/views", "/v1/exports", "/v1/stream-tickets", "/v1/stream", "/.well-known/jwks.json",
    "/healthz", "/readyz", "/metrics",
)  # fmt: skip


async def _of_another_team(core: RunningService, workspace: UUID, role: Role) -> httpx.AsyncClient:
    async with core.client_as("admin", workspace) as admin:
        team = (await admin.post("/v1/teams", json={"name": f"Others of {role}"})).raise_for_status().json()
        wanted = {"name": "Other", "email": f"{role}@example.net", "role": role, "team_id": team["id"]}
        user = (await admin.post("/v1/users", json=wanted)).raise_for_status().json()
    return core.client_as(role, workspace, user_id=UUID(user["id"]), team_id=UUID(team["id"]))


async def test_managers_and_heads_of_another_team_find_a_card_nowhere_and_change_it_by_nothing(
    core: RunningService,
) -> None:
    workspace = await _workspace(core, "Windows")
    things = await _things_of(core, workspace)
    cards = {name: things[name] for name in CARDS}
    naming = [one for one in operations("crm-core") if any("{" + name + "}" in one[0] for name in CARDS)]
    lists = [path for path, method, _ in operations("crm-core")
             if method == "get" and path.startswith("/v1/") and "{" not in path and path != ENDLESS]  # fmt: skip
    wrong = []
    for role in ("manager", "head"):
        async with await _of_another_team(core, workspace, role) as other:
            for path, method, operation in naming:
                answer = await _sent(other, method, path.format(**things), operation)
                if answer.status_code not in (403, 404):
                    wrong.append(f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}")
            for path in lists:
                answer = await other.get(path, params={"limit": "200"} if path != "/v1/me" else None)
                found = [name for name, one in cards.items() if one in answer.text]
                if found and path != "/v1/audit":  # a head's, with personal values masked
                    wrong.append(f"{role} {path}: {found}")
    assert wrong == []
    assert len(naming) > 25


async def test_an_analyst_sees_nobody(core: RunningService) -> None:
    workspace = await _workspace(core, "Windows")
    things = await _things_of(core, workspace)
    async with core.client_as("analyst", workspace) as analyst:
        for path, method, operation in operations("crm-core"):
            if path.startswith(PERSONAL):
                answer = await _sent(analyst, method, path.format(**things), operation)
                assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"


async def test_a_token_without_scopes_opens_nothing_that_is_not_for_anyone(core: RunningService) -> None:
    workspace = await _workspace(core, "Windows")
    things = await _things_of(core, workspace)
    opened = set()
    async with core.client_as("integration", workspace, scopes=()) as bare:
        for path, method, operation in operations("crm-core"):
            if path.startswith(FOR_ANYONE):
                continue
            answer = await _sent(bare, method, path.format(**things), operation)
            names_things = method == "get" and path.split("/")[2] in CATALOGUES
            if answer.status_code != 403 and not names_things:
                opened.add(f"{method} {path}: {answer.status_code}")
    assert opened == set()
