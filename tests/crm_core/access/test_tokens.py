"""Tokens from mint to revocation, over HTTP, signed by the service's own key."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from crm_core.access.tokens.rules import LONGEST_LIFE, excess_scopes, expiry_refusal, role_refusal
from crm_core.mint import mint
from leadkit import clock
from leadkit.contracts.common import written
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from leadkit.tokens import ROLE_SCOPES, SCOPES
from sqlalchemy import text

from tests.crm_core.conftest import Tenant


async def refresh(core: RunningService) -> None:
    """What every process does each second."""
    await core.app.state.keys.refresh()


@pytest_asyncio.fixture
async def platform(core: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """A platform client in a workspace of its own, with a minted token."""
    token = await mint(core.app.state.settings, name="tests", scopes=sorted(SCOPES), days=1)
    await refresh(core)
    async with core.client(token) as client:
        made = await client.post("/v1/workspaces", json={"name": "Windows", "language": "en"})
        client.headers["Leadflow-Workspace"] = made.raise_for_status().json()["id"]
        yield client


async def make(client: httpx.AsyncClient, **wish: Any) -> dict[str, Any]:
    """A token made by this client; fails when it was refused."""
    answer = await client.post("/v1/tokens", json={"name": "test", **wish})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_new_token_works_at_once_and_is_shown_only_once(
    core: RunningService, platform: httpx.AsyncClient
) -> None:
    made = await make(platform, role="admin")
    async with core.client(made["token"]) as admin:
        me = (await admin.get("/v1/me")).json()
        listed = (await admin.get("/v1/tokens")).json()["items"]
        one = (await admin.get(f"/v1/tokens/{made['id']}")).json()
    assert (me["role"], me["token_id"], me["workspace"]["name"]) == ("admin", made["id"], "Windows")
    assert me["user"] is None
    assert [token["id"] for token in listed] == [made["id"]]
    assert "token" not in one
    assert "token" not in listed[0]


async def test_a_repeat_gets_the_same_token_which_is_nowhere_kept_readable(
    core: RunningService, platform: httpx.AsyncClient
) -> None:
    wish, key = {"name": "test", "role": "admin"}, {"Idempotency-Key": "once"}
    first = await platform.post("/v1/tokens", json=wish, headers=key)
    again = await platform.post("/v1/tokens", json=wish, headers=key)
    assert again.json() == first.json()
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, again)] == [None, "true"]
    assert first.headers["Cache-Control"] == "no-store"
    async with core.db.transaction(role="worker") as session:
        kept = (await session.execute(text("SELECT body FROM idempotency_record"))).scalar_one()
        rows = (await session.execute(text("SELECT string_agg(audit::text, '') FROM audit"))).scalar_one()
    signature = first.json()["token"].rpartition(".")[2]
    assert signature.encode() not in kept
    assert signature not in rows


async def test_a_users_token_tells_the_user_and_their_team(core: RunningService, platform: httpx.AsyncClient) -> None:
    team = (await platform.post("/v1/teams", json={"name": "East"})).json()
    user = {"name": "Anna", "email": "anna@example.com", "team_id": team["id"]}
    anna = (await platform.post("/v1/users", json=user)).json()
    made = await make(platform, role="manager", user_id=anna["id"])
    async with core.client(made["token"]) as client:
        me = (await client.get("/v1/me")).json()
    assert me["user"] == anna
    assert me["subject"] == f"user:{anna['id']}"
    assert core.app.state.keys.verify(made["token"]).team_id.hex == team["id"].replace("-", "")


async def test_a_revoked_token_is_refused_and_told(core: RunningService, platform: httpx.AsyncClient) -> None:
    made = await make(platform, role="admin")
    async with core.client(made["token"]) as admin:
        assert (await admin.get("/v1/me")).status_code == 200
        assert (await platform.delete(f"/v1/tokens/{made['id']}")).status_code == 204
        assert (await platform.delete(f"/v1/tokens/{made['id']}")).status_code == 204
        await refresh(core)
        refused = await admin.get("/v1/me")
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/unauthenticated"
    assert (await platform.get(f"/v1/tokens/{made['id']}")).json()["revoked_at"] is not None
    await core.sequence()
    [event] = (await platform.get("/v1/events?type=token.revoked")).json()
    assert event["subject"] == made["id"]
    assert event["data"]["expires_at"] == made["expires_at"]


@pytest.mark.parametrize("change", [{"active": False}, {"role": "head"}, {"team_id": None}])
async def test_a_users_tokens_end_with_their_standing(
    core: RunningService, platform: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    team = (await platform.post("/v1/teams", json={"name": "East"})).json()
    user = {"name": "Anna", "email": "anna@example.com", "team_id": team["id"]}
    anna = (await platform.post("/v1/users", json=user)).json()
    hers = await make(platform, role="manager", user_id=anna["id"])
    other = await make(platform, role="admin")
    answer = await platform.patch(f"/v1/users/{anna['id']}", json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    await refresh(core)
    async with core.client(hers["token"]) as client:
        assert (await client.get("/v1/me")).status_code == 401
    async with core.client(other["token"]) as client:
        assert (await client.get("/v1/me")).status_code == 200


async def test_a_new_name_ends_no_token(core: RunningService, platform: httpx.AsyncClient) -> None:
    anna = (await platform.post("/v1/users", json={"name": "Anna", "email": "anna@example.com"})).json()
    hers = await make(platform, role="manager", user_id=anna["id"])
    await platform.patch(f"/v1/users/{anna['id']}", json={"name": "Ann"}, headers={"If-Match": '"1"'})
    await refresh(core)
    async with core.client(hers["token"]) as client:
        assert (await client.get("/v1/me")).status_code == 200


async def test_nobody_makes_a_token_above_themselves(core: RunningService, platform: httpx.AsyncClient) -> None:
    admin = await make(platform, role="admin")
    narrow = await make(platform, role="admin", scopes=["admin", "leads:read"])
    integration = await make(platform, role="integration", scopes=["inquiries:write"])
    attempts: list[tuple[httpx.AsyncClient, dict[str, Any]]] = [
        (platform, {"role": "platform"}),
        (core.client(admin["token"]), {"role": "platform"}),
        (core.client(narrow["token"]), {"role": "admin", "scopes": ["leads:write"]}),
        (core.client(integration["token"]), {"role": "integration"}),
    ]
    for client, wish in attempts:
        answer = await client.post("/v1/tokens", json={"name": "more", **wish})
        assert answer.status_code == 403, wish
    async with core.client(narrow["token"]) as client:
        assert (await make(client, role="head"))["scopes"] == ["leads:read"]


async def test_a_manager_makes_tokens_only_for_themselves(core: RunningService, platform: httpx.AsyncClient) -> None:
    anna = (await platform.post("/v1/users", json={"name": "Anna", "email": "anna@example.com"})).json()
    boris = (await platform.post("/v1/users", json={"name": "Boris", "email": "boris@example.com"})).json()
    hers = await make(platform, role="manager", user_id=anna["id"])
    async with core.client(hers["token"]) as manager:
        own = await make(manager, role="manager", user_id=anna["id"], scopes=["leads:read"])
        for wish in (
            {"role": "manager"},
            {"role": "manager", "user_id": boris["id"]},
            {"role": "head", "user_id": anna["id"]},
        ):
            assert (await manager.post("/v1/tokens", json={"name": "more", **wish})).status_code == 403
        listed = {token["id"] for token in (await manager.get("/v1/tokens")).json()["items"]}
    assert listed == {hers["id"], own["id"]}


async def test_a_users_token_is_at_most_of_the_users_role(platform: httpx.AsyncClient) -> None:
    anna = (await platform.post("/v1/users", json={"name": "Anna", "email": "anna@example.com"})).json()
    above = await platform.post("/v1/tokens", json={"name": "x", "role": "admin", "user_id": anna["id"]})
    assert above.status_code == 403
    await platform.patch(f"/v1/users/{anna['id']}", json={"active": False}, headers={"If-Match": '"1"'})
    inactive = await platform.post("/v1/tokens", json={"name": "x", "role": "manager", "user_id": anna["id"]})
    unknown = await platform.post("/v1/tokens", json={"name": "x", "role": "manager", "user_id": str(new_id())})
    assert [inactive.status_code, unknown.status_code] == [422, 422]


@pytest.mark.parametrize(
    "wish",
    [
        {"role": "analyst", "scopes": ["leads:read"]},
        {"role": "integration", "scopes": ["everything"]},
        {"role": "admin", "expires_at": "2020-01-01T00:00:00Z"},
        {"role": "admin", "expires_at": written(clock.now() + LONGEST_LIFE + timedelta(days=1))},
        {"role": "king"},
    ],
)
async def test_what_no_token_may_be_is_refused(platform: httpx.AsyncClient, wish: dict[str, Any]) -> None:
    answer = await platform.post("/v1/tokens", json={"name": "x", **wish})
    assert answer.status_code == 422


async def test_a_token_ends_by_itself(core: RunningService, platform: httpx.AsyncClient) -> None:
    made = await make(platform, role="admin", expires_at=written(clock.now() + timedelta(days=2)))
    async with core.client(made["token"]) as admin:
        with clock.at(clock.now() + timedelta(days=1)):
            assert (await admin.get("/v1/me")).status_code == 200
        with clock.at(clock.now() + timedelta(days=3)):
            assert (await admin.get("/v1/me")).status_code == 401


async def test_the_token_may_come_as_the_password_of_basic(core: RunningService, platform: httpx.AsyncClient) -> None:
    made = await make(platform, role="analyst")
    async with core.client() as client:
        assert (await client.get("/v1/me", auth=("anything", made["token"]))).json()["role"] == "analyst"
        assert (await client.get("/v1/me", auth=("anything", "rubbish"))).status_code == 401


async def test_the_platform_is_somebody_without_a_workspace(core: RunningService, platform: httpx.AsyncClient) -> None:
    del platform.headers["Leadflow-Workspace"]
    me = (await platform.get("/v1/me")).json()
    assert (me["role"], me["workspace"], me["user"]) == ("platform", None, None)
    assert (await platform.post("/v1/tokens", json={"name": "x", "role": "admin"})).status_code == 400


async def test_without_a_signing_key_no_token_can_be_made(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/tokens", json={"name": "x", "role": "admin"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/no-signing-key"


@pytest.mark.parametrize(
    ("role", "caller", "user", "allowed"),
    [
        ("admin", "platform", None, True),
        ("platform", "platform", None, False),
        ("admin", "head", None, False),
        ("integration", "manager", None, True),
        ("head", "admin", "manager", False),
        ("analyst", "head", "manager", True),
    ],
)
def test_the_role_of_a_token_has_a_ceiling(role: str, caller: str, user: str | None, allowed: bool) -> None:
    assert (role_refusal(role, caller_role=caller, user_role=user) is None) is allowed


def test_scopes_beyond_the_role_and_beyond_the_caller_are_told_apart() -> None:
    wanted = ["metrics:read", "leads:read", "spend:read"]
    beyond_role, lacking = excess_scopes(
        wanted, role_scopes=ROLE_SCOPES["analyst"], caller_scopes=frozenset({"metrics:read"})
    )
    assert (beyond_role, lacking) == (["leads:read"], ["spend:read"])


def test_a_token_lives_at_most_four_hundred_days() -> None:
    now = clock.now()
    assert expiry_refusal(now + timedelta(days=400), now=now) is None
    assert expiry_refusal(now + timedelta(days=400, seconds=1), now=now) == "must be at most 400 days ahead"
    assert expiry_refusal(now, now=now) == "must be in the future"
