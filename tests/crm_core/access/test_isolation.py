"""A workspace sees its own rows: by the filter of every query, and by the database when a query forgets."""

import pytest
from sqlalchemy import text

from tests.crm_core.conftest import Tenant

TABLES = ("workspace", "team", "member", "api_token", "audit", "loss_reason", "pipeline", "stage", "outbox")


async def things_of(tenant: Tenant) -> list[str]:
    """Paths of one row of each noun."""
    team, user = await tenant.team("East"), await tenant.user("Anna")
    async with tenant.client_as() as admin:
        [reason, *_] = (await admin.get("/v1/loss-reasons")).json()["items"]
    return [f"/v1/teams/{team['id']}", f"/v1/users/{user['id']}", f"/v1/loss-reasons/{reason['id']}"]


async def test_another_workspaces_token_gets_404_and_changes_nothing(tenant: Tenant, stranger: Tenant) -> None:
    paths = await things_of(tenant)
    async with stranger.client_as() as other:
        for path in paths:
            change = await other.patch(path, json={"name": "Mine"}, headers={"If-Match": '"1"'})
            assert [(await other.get(path)).status_code, change.status_code] == [404, 404], path
        assert (await other.delete(paths[2])).status_code == 404
    async with tenant.client_as() as admin:
        for path in paths:
            assert (await admin.get(path)).json()["version"] == 1


async def test_lists_and_the_log_hold_ones_own_rows_alone(tenant: Tenant, stranger: Tenant) -> None:
    await things_of(tenant)
    async with stranger.client_as() as other:
        assert (await other.get("/v1/teams")).json()["items"] == []
        assert (await other.get("/v1/users")).json()["items"] == []
        log = (await other.get("/v1/audit")).json()["items"]
    assert "user.create" not in {entry["action"] for entry in log}


async def test_a_team_of_another_workspace_cannot_be_joined(tenant: Tenant, stranger: Tenant) -> None:
    team = await tenant.team("East")
    async with stranger.client_as() as other:
        user = {"name": "Anna", "email": "anna@example.com", "team_id": team["id"]}
        assert (await other.post("/v1/users", json=user)).status_code == 422


async def test_naming_another_workspace_in_the_header_gets_404(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin:
        header = {"Leadflow-Workspace": str(stranger.id)}
        assert (await admin.get("/v1/teams", headers=header)).status_code == 404
        header = {"Leadflow-Workspace": str(tenant.id)}
        assert (await admin.get("/v1/teams", headers=header)).status_code == 200


@pytest.mark.parametrize("table", TABLES)
async def test_a_raw_query_sees_no_row_without_a_workspace_and_only_its_own_with_one(
    tenant: Tenant, stranger: Tenant, table: str
) -> None:
    db, counted = tenant.core.db, text(f"SELECT count(*) FROM {table}")
    await tenant.team("East")
    await tenant.user("Anna")
    await stranger.team("West")
    await stranger.user("Boris")
    async with db.transaction(role="worker") as session:
        row = "gen_random_uuid(), 1, 'x', 'admin', '{}', 'x', now(), now()"
        columns = "workspace_id, id, version, name, role, scopes, created_by, created_at, expires_at"
        for workspace in (tenant.id, stranger.id):
            await session.execute(text(f"INSERT INTO api_token ({columns}) VALUES ('{workspace}', {row})"))
        everything = (await session.execute(counted)).scalar_one()
    async with db.transaction() as session:
        assert (await session.execute(counted)).scalar_one() == 0
    async with db.transaction(tenant.id) as session:
        own = (await session.execute(counted)).scalar_one()
    async with db.transaction(stranger.id) as session:
        others = (await session.execute(counted)).scalar_one()
    assert own > 0
    assert others > 0
    assert own + others == everything
