"""`/v1/users`, over HTTP."""

from typing import Any

import pytest
from crm_core.access.users.queries import assignable, default_team
from crm_core.access.users.rules import tokens_end

from tests.crm_core.conftest import Tenant

HOURS = {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "sat": []}


async def test_a_user_is_as_described_with_the_workspaces_zone(tenant: Tenant) -> None:
    team = await tenant.team("East")
    given = {
        "name": "Анна Смирнова", "email": "Anna@Example.COM", "role": "manager", "team_id": team["id"], "level": 5,
        "skills": ["windows"], "languages": ["ru", "en"], "regions": ["RU-MOW"], "working_hours": HOURS,
        "daily_cap": 20, "open_cap": 100,
    }  # fmt: skip
    async with tenant.client_as() as admin:
        made = await admin.post("/v1/users", json=given)
        got = (await admin.get(f"/v1/users/{made.json()['id']}")).json()
    assert made.status_code == 201
    assert {name: got[name] for name in given} == {**given, "email": "anna@example.com"}
    assert (got["active"], got["time_zone"]) == (True, "Europe/Moscow")


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody"}, {"name": "  "}, {"name": "a\0b"}, {"level": 6}, {"role": "platform"}, {"daily_cap": -1},
        {"working_hours": {"mon": [["18:00", "09:00"]]}}, {"working_hours": {"monday": []}}, {"time_zone": "Moscow"},
        {"team_id": "0198f1d2-0000-7000-8000-000000000000"},
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_at_its_place(tenant: Tenant, wrong: dict[str, Any]) -> None:
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/users", json={"name": "Anna", "email": "anna@example.com", **wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")


async def test_an_address_belongs_to_one_user_of_a_workspace(tenant: Tenant, stranger: Tenant) -> None:
    anna = await tenant.user("Anna")
    boris = await tenant.user("Boris")
    await stranger.user("Anna")
    async with tenant.client_as() as admin:
        made = await admin.post("/v1/users", json={"name": "Other", "email": anna["email"].upper()})
        moved = await admin.patch(
            f"/v1/users/{boris['id']}", json={"email": anna["email"]}, headers={"If-Match": '"1"'}
        )
    assert [made.status_code, moved.status_code] == [409, 409]
    assert moved.json()["type"] == "/problems/email-taken"


async def test_a_patch_distinguishes_what_is_left_out_from_null(tenant: Tenant) -> None:
    user = await tenant.user("Anna", daily_cap=5, open_cap=9, working_hours=HOURS)
    async with tenant.client_as() as admin:
        patch = {"daily_cap": None, "working_hours": None}
        changed = await admin.patch(f"/v1/users/{user['id']}", json=patch, headers={"If-Match": '"1"'})
        null = await admin.patch(f"/v1/users/{user['id']}", json={"name": None}, headers={"If-Match": '"2"'})
    now = changed.json()
    assert (now["daily_cap"], now["open_cap"], now["working_hours"], now["version"]) == (None, 9, None, 2)
    assert null.status_code == 422


async def test_users_are_made_in_bulk_each_answered_by_itself(tenant: Tenant) -> None:
    items = [
        {"name": "Anna", "email": "anna@example.com"},
        {"name": "Twin", "email": "anna@example.com"},
        {"name": "Boris"},
        "rubbish",
        {"name": "Vera", "email": "vera@example.com"},
    ]
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/users/bulk", json={"items": items})
        listed = (await admin.get("/v1/users?sort=name")).json()["items"]
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [201, 409, 422, 422, 201]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4]
    assert [user["name"] for user in listed] == ["Anna", "Vera"]
    assert results[2]["problem"]["errors"] == [{"pointer": "/email", "detail": "Field required"}]


async def test_users_are_found_by_role_team_standing_and_part_of_name(tenant: Tenant) -> None:
    team = await tenant.team("East")
    await tenant.user("Anna", team_id=team["id"])
    await tenant.user("Boris", role="head")
    await tenant.user("Vera", active=False)
    found = {}
    async with tenant.client_as("manager") as manager:
        for query in (
            "role=head",
            f"team_id={team['id']}",
            "active=false",
            "q=ann",
            "q=%25",
            "role=manager&active=true",
        ):
            found[query] = [user["name"] for user in (await manager.get(f"/v1/users?{query}")).json()["items"]]
    assert list(found.values()) == [["Boris"], ["Anna"], ["Vera"], ["Anna"], [], ["Anna"]]


async def test_an_inactive_user_gets_no_lead_and_stays_visible(tenant: Tenant) -> None:
    team = await tenant.team("East")
    anna = await tenant.user("Anna", team_id=team["id"])
    boris = await tenant.user("Boris", team_id=team["id"], role="head")
    vera = await tenant.user("Vera", team_id=team["id"])
    async with tenant.client_as() as admin:
        await admin.patch(f"/v1/users/{anna['id']}", json={"active": False}, headers={"If-Match": '"1"'})
        assert (await admin.get(f"/v1/users/{anna['id']}")).json()["active"] is False
    async with tenant.core.db.transaction(tenant.id, read_only=True) as session:
        members = await assignable(session, tenant.id, [])
        assert {str(member.id) for member in members} == {boris["id"], vera["id"]}
        assert str(await default_team(session, tenant.id)) == team["id"]


async def test_an_event_of_a_user_shows_the_name_and_not_the_address(tenant: Tenant) -> None:
    user = await tenant.user("Anna", role="head")
    [event] = await tenant.core.events("user.changed")
    assert event["data"] == {
        "id": user["id"], "version": 1, "name": "Anna", "role": "head", "team_id": None, "active": True,
    }  # fmt: skip


BEFORE = {"role": "manager", "team_id": None, "active": True, "name": "Anna"}


@pytest.mark.parametrize(
    ("change", "ends"),
    [({"name": "Ann"}, False), ({"role": "head"}, True), ({"team_id": 1}, True), ({"active": False}, True)],
)
def test_tokens_end_when_what_they_claim_changes(change: dict[str, Any], ends: bool) -> None:
    assert tokens_end(BEFORE, {**BEFORE, **change}) is ends


def test_coming_back_ends_no_token() -> None:
    assert tokens_end({**BEFORE, "active": False}, BEFORE) is False
