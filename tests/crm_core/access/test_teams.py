"""`/v1/teams`, over HTTP."""

import asyncio

from tests.crm_core.conftest import Tenant


async def test_the_first_team_is_the_default_one(tenant: Tenant) -> None:
    first, second = await tenant.team("East"), await tenant.team("West")
    assert [first["is_default"], second["is_default"]] == [True, False]


async def test_another_team_becomes_the_default_and_the_former_steps_back(tenant: Tenant) -> None:
    first, second = await tenant.team("East"), await tenant.team("West")
    async with tenant.client_as() as admin:
        changed = await admin.patch(f"/v1/teams/{second['id']}", json={"is_default": True}, headers={"If-Match": '"1"'})
        former = (await admin.get(f"/v1/teams/{first['id']}")).json()
    assert changed.json()["is_default"] is True
    assert former["is_default"] is False


async def test_the_default_team_neither_stops_nor_is_abandoned(tenant: Tenant) -> None:
    team = await tenant.team("East")
    async with tenant.client_as() as admin:
        for patch in ({"active": False}, {"is_default": False}):
            answer = await admin.patch(f"/v1/teams/{team['id']}", json=patch, headers={"If-Match": '"1"'})
            assert answer.status_code == 409
            assert answer.json()["type"] == "/problems/default-team-stays"


async def test_a_name_is_given_once_also_when_asked_for_at_once(tenant: Tenant) -> None:
    await tenant.team("Zero")
    async with tenant.client_as() as admin:
        answers = await asyncio.gather(*(admin.post("/v1/teams", json={"name": "East"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "/problems/team-name-taken"


async def test_teams_are_listed_in_pages_without_losing_or_repeating_one(tenant: Tenant) -> None:
    names = {f"Team {number}" for number in range(7)}
    for name in names:
        await tenant.team(name)
    cursor: str | None = ""
    seen, pages = [], 0
    async with tenant.client_as("analyst") as analyst:
        while cursor is not None:
            query = f"/v1/teams?limit=3&sort=-name{f'&cursor={cursor}' if cursor else ''}"
            page = (await analyst.get(query)).json()
            seen += [team["name"] for team in page["items"]]
            cursor, pages = page["next_cursor"], pages + 1
    assert seen == sorted(names, reverse=True)
    assert pages == 3


async def test_only_the_scope_admin_makes_teams(tenant: Tenant) -> None:
    for role in ("head", "manager", "analyst", "integration"):
        async with tenant.client_as(role) as client:
            assert (await client.post("/v1/teams", json={"name": "East"})).status_code == 403


async def test_a_team_is_told_with_its_name(tenant: Tenant) -> None:
    team = await tenant.team("East")
    [event] = await tenant.core.events("team.changed")
    assert event["workspaceid"] == str(tenant.id)
    assert event["data"] == {"id": team["id"], "version": 1, "name": "East", "active": True}
