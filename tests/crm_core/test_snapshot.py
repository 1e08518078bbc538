"""`GET /v1/snapshot`: the present states, page by page, and the place in the feed to go on from."""

from typing import Any

import pytest
from crm_core.feed import EVENT_TYPES, SNAPSHOTS
from leadkit.tokens import Role

from tests.crm_core.conftest import Tenant


async def pages(tenant: Tenant, query: str, *, everywhere: bool = False) -> list[dict[str, Any]]:
    """All pages, as a reader of one workspace or as the platform reads them."""
    core = tenant.core
    client = core.client_as("platform") if everywhere else tenant.client_as("admin")
    found: list[dict[str, Any]] = []
    async with client:
        cursor = ""
        while True:
            answer = await client.get(f"/v1/snapshot?{query}{f'&cursor={cursor}' if cursor else ''}")
            found.append(answer.raise_for_status().json())
            cursor = found[-1]["next_cursor"]
            if cursor is None:
                return found


async def test_every_state_comes_once_whatever_the_size_of_a_page(tenant: Tenant, stranger: Tenant) -> None:
    made = {(await tenant.team(f"Team {number}"))["id"] for number in range(5)}
    await stranger.team("Other")
    for limit in (1, 2, 5, 100):
        found = await pages(tenant, f"type=team&limit={limit}")
        subjects = [event["subject"] for page in found for event in page["items"]]
        assert len(subjects) == 5
        assert set(subjects) == made


async def test_the_platform_reads_all_workspaces(tenant: Tenant, stranger: Tenant) -> None:
    await tenant.team("East")
    await stranger.team("West")
    found = await pages(tenant, "type=team&limit=1", everywhere=True)
    events = [event for page in found for event in page["items"]]
    assert {event["workspaceid"] for event in events} == {str(tenant.id), str(stranger.id)}


async def test_whoever_does_not_see_every_card_reads_no_states(tenant: Tenant) -> None:
    expected: tuple[tuple[Role, int], ...] = (("manager", 403), ("head", 403), ("admin", 200))
    for role, status in expected:
        async with tenant.client_as(role) as client:
            assert (await client.get("/v1/snapshot?type=lead")).status_code == status


async def test_a_state_is_the_event_that_would_tell_it(tenant: Tenant) -> None:
    await tenant.user("Anna")
    [told] = await tenant.core.events("user.changed")
    [page] = await pages(tenant, "type=user")
    [event] = page["items"]
    same = ("type", "subject", "workspaceid", "source", "data")
    assert {name: event[name] for name in same} == {name: told[name] for name in same}


async def test_what_changes_after_the_first_page_is_told_by_the_feed_from_its_place(tenant: Tenant) -> None:
    for name in ("East", "West"):
        await tenant.team(name)
    await tenant.core.sequence()
    async with tenant.client_as() as client:
        first = (await client.get("/v1/snapshot?type=team&limit=1")).json()
        late = await tenant.team("Late")
        await tenant.core.sequence()
        second = (await client.get(f"/v1/snapshot?type=team&limit=1&cursor={first['next_cursor']}")).json()
        after = (await client.get(f"/v1/events?lastEventId={first['last_event_id']}")).json()
    assert second["last_event_id"] == first["last_event_id"]
    assert [event["subject"] for event in after] == [late["id"]]


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda snapshot: snapshot.type)
async def test_every_type_can_be_read_in_an_empty_workspace(tenant: Tenant, snapshot: Any) -> None:
    for page in await pages(tenant, f"type={snapshot.type}"):
        assert {event["type"] for event in page["items"]} <= set(EVENT_TYPES)


async def test_an_unknown_type_and_a_foreign_cursor_are_refused(tenant: Tenant) -> None:
    async with tenant.client_as() as client:
        unknown = await client.get("/v1/snapshot?type=cats")
        rubbish = await client.get("/v1/snapshot?type=team&cursor=rubbish")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/type")
    assert rubbish.status_code == 400


async def test_the_snapshot_needs_the_scope_to_read_events(tenant: Tenant) -> None:
    async with tenant.client_as("analyst") as analyst:
        assert (await analyst.get("/v1/snapshot?type=team")).status_code == 403
