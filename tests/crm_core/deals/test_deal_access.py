"""Who sees and owns deals, and what is told of them: to the feed and to the audit log, without names."""

from uuid import UUID

from leadkit.ids import new_id

from tests.crm_core.conftest import Sales, Tenant
from tests.crm_core.deals.making import RUB, add, stages_of, step


async def test_another_workspace_finds_no_deal(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        deal = await add(admin)
        path = f"/v1/deals/{deal['id']}"
        answers = [
            await other.get(path),
            await other.patch(path, json={"name": "X"}, headers={"If-Match": "*"}),
            *[await other.post(f"{path}/{action}", json=body) for action, body in (
                ("move", {"stage_id": deal["stage_id"]}), ("win", {}), ("lose", {}), ("reopen", {}),
                ("assign", {"owner_id": str(new_id())}),
            )],
            await other.get(f"{path}/timeline"),
        ]  # fmt: skip
        listed = (await other.get("/v1/deals")).json()["items"]
    assert {answer.status_code for answer in answers} == {404}
    assert listed == []


async def test_managers_see_their_own_deals_heads_their_team_analysts_none(sales: Sales) -> None:
    head = await sales.tenant.user("Head", role="head", team_id=str(sales.team_id))
    elsewhere = await sales.tenant.team("Elsewhere")
    async with (
        sales.manager(0) as anna,
        sales.manager(1) as boris,
        sales.tenant.client_as("head", user_id=UUID(head["id"]), team_id=sales.team_id) as boss,
        sales.tenant.client_as("head", user_id=UUID(head["id"]), team_id=UUID(elsewhere["id"])) as other_boss,
        sales.tenant.client_as("analyst") as analyst,
        sales.tenant.client_as("integration") as integration,
    ):
        own = await add(anna)
        unowned = await add(integration)
        path = f"/v1/deals/{own['id']}"
        seen = {
            name: {deal["id"] for deal in (await client.get("/v1/deals")).json()["items"]}
            for name, client in (("anna", anna), ("boris", boris), ("boss", boss), ("other", other_boss))
        }
        statuses = [(await client.get(path)).status_code for client in (anna, boris, boss, other_boss, analyst)]
    assert own["owner_id"] == str(sales.managers[0])
    assert (unowned["owner_id"], unowned["team_id"]) == (None, str(sales.team_id))
    assert seen["anna"] == seen["boss"] == {own["id"], unowned["id"]}
    assert seen["boris"] == {unowned["id"]}
    assert seen["other"] == set()
    assert statuses == [200, 404, 200, 404, 403]


async def test_a_deal_is_handed_over_and_remembers_its_owners(sales: Sales) -> None:
    first, second = sales.managers[:2]
    async with sales.manager(0) as anna, sales.manager(1) as boris:
        deal = await add(anna)
        kept = await step(anna, deal, "assign", owner_id=str(first))
        given = await step(anna, deal, "assign", owner_id=str(second))
        lost_sight = await anna.get(f"/v1/deals/{deal['id']}")
        found = await boris.get(f"/v1/deals/{deal['id']}")
        nobody = await boris.post(f"/v1/deals/{deal['id']}/assign", json={"owner_id": str(new_id())})
    event = (await sales.events("deal.updated"))[-1]
    assert (kept["version"], given["version"], given["owner_id"]) == (1, 2, str(second))
    assert [lost_sight.status_code, found.status_code, nobody.status_code] == [404, 200, 422]
    assert [owner["owner_id"] for owner in event["data"]["owners"]] == [str(first), str(second)]


async def test_events_tell_the_whole_state_and_nothing_personal(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        deal = await add(admin, name="Chairs for Ivan", amount=RUB, expected_close="2026-12-24")
        await step(admin, deal, "move", stage_id=stages["closing"])
        await step(admin, deal, "lose", reason="other", note="Ivan left")
        await step(admin, deal, "reopen")
        await step(admin, deal, "win")
    events = [event for event in await tenant.core.events() if event["type"].startswith("deal.")]
    assert [event["type"] for event in events] == [
        "deal.created", "deal.moved", "deal.lost", "deal.reopened", "deal.won",
    ]  # fmt: skip
    assert [event["data"]["version"] for event in events] == [1, 2, 3, 4, 5]
    last = events[-1]["data"]
    assert last["passages"] == {stages["initiation"]: 1, stages["closing"]: 2, "lost": 1, "won": 1}
    assert (last["amount"], last["currency"], last["expected_close"]) == ("1500.00", "RUB", "2026-12-24")
    assert "Ivan" not in str(events)


async def test_every_change_is_in_the_audit_log_without_the_name(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin, name="Chairs for Ivan")
        await step(admin, deal, "win", amount=RUB)
        entries = (await admin.get("/v1/audit", params={"subject_id": deal["id"]})).json()["items"]
    assert {entry["action"] for entry in entries} == {"deal.create", "deal.win"}
    assert "Ivan" not in str(entries)
    won = next(entry for entry in entries if entry["action"] == "deal.win")
    assert (won["before"]["status"], won["after"]["status"]) == ("open", "won")
