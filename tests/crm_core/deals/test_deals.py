"""`/v1/deals`, over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

from leadkit import clock
from leadkit.ids import new_id

from tests.crm_core.conftest import Tenant
from tests.crm_core.deals.making import NOW, RUB, STAGES, add, stages_of, step


async def test_a_deal_begins_in_the_first_stage_of_the_default_pipeline(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/deals", json={"name": "Chairs", "amount": RUB})
    deal = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/deals/{deal['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (deal["status"], deal["stage_id"], deal["amount"]) == ("open", stages["initiation"], RUB)
    assert deal["probability"] == 0.1
    assert list(deal["reached"]) == [stages["initiation"]]
    assert deal["passages"] == {stages["initiation"]: 1}


async def test_a_deal_goes_through_its_stages_to_won_and_remembers_each(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        with clock.at(NOW):
            deal = await add(admin)
        for day, key in enumerate(STAGES[1:], start=1):
            with clock.at(NOW + timedelta(days=day)):
                deal = await step(admin, deal, "move", stage_id=stages[key])
        with clock.at(NOW + timedelta(days=9)):
            won = await step(admin, deal, "win", amount=RUB)
    assert (won["status"], won["probability"], won["won_at"]) == ("won", 1.0, "2025-06-29T12:00:00Z")
    assert won["stage_id"] == stages["closing"]
    assert won["reached"] == {
        **{stages[key]: f"2025-06-{20 + day}T12:00:00Z" for day, key in enumerate(STAGES)},
        "won": "2025-06-29T12:00:00Z",
    }


async def test_a_stage_entered_twice_keeps_its_first_time_and_counts_both(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        with clock.at(NOW):
            deal = await add(admin)
        for hour, key in enumerate(["proposal", "initiation", "proposal"], start=1):
            with clock.at(NOW + timedelta(hours=hour)):
                deal = await step(admin, deal, "move", stage_id=stages[key])
    assert deal["reached"][stages["proposal"]] == "2025-06-20T13:00:00Z"
    assert deal["passages"] == {stages["initiation"]: 2, stages["proposal"]: 2}


async def test_moving_a_deal_where_it_is_changes_nothing(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin)
        again = await step(admin, deal, "move", stage_id=deal["stage_id"])
    assert again == deal


async def test_won_deal_needs_an_amount(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin)
        refused = await admin.post(f"/v1/deals/{deal['id']}/win", json={})
        won = await step(admin, deal, "win", amount=RUB)
        cleared = await admin.patch(f"/v1/deals/{deal['id']}", json={"amount": None}, headers={"If-Match": "*"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "/amount", "detail": "a won deal needs an amount"}]
    assert won["amount"] == RUB
    assert cleared.status_code == 422


async def test_a_deal_with_an_amount_is_won_without_naming_it_again(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        won = await step(admin, await add(admin, amount=RUB), "win")
    assert (won["status"], won["amount"]) == ("won", RUB)


async def test_lost_deal_needs_a_reason(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin)
        without = await admin.post(f"/v1/deals/{deal['id']}/lose", json={"note": "who knows"})
        unknown = await admin.post(f"/v1/deals/{deal['id']}/lose", json={"loss_reason_id": str(new_id())})
        unexplained = await admin.post(f"/v1/deals/{deal['id']}/lose", json={"reason": "other"})
        lost = await step(admin, deal, "lose", reason="too_expensive")
    assert [answer.status_code for answer in (without, unknown, unexplained)] == [422, 422, 422]
    assert without.json()["errors"][0]["pointer"] == "/loss_reason_id"
    assert unexplained.json()["errors"][0]["pointer"] == "/note"
    assert lost["status"] == "lost"
    assert lost["loss_reason_id"] is not None


async def test_a_reason_in_words_becomes_the_note_of_other(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        reasons = (await admin.get("/v1/loss-reasons")).json()["items"]
        lost = await step(admin, await add(admin), "lose", reason="Their office burnt down")
    assert lost["loss_note"] == "Their office burnt down"
    assert lost["loss_reason_id"] == next(reason["id"] for reason in reasons if reason["key"] == "other")


async def test_reopening_keeps_the_history(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        with clock.at(NOW):
            deal = await add(admin)
        with clock.at(NOW + timedelta(hours=1)):
            lost = await step(admin, deal, "lose", reason="no_budget")
        with clock.at(NOW + timedelta(hours=2)):
            reopened = await step(admin, lost, "reopen", note="They found money")
    assert (reopened["status"], reopened["lost_at"], reopened["loss_reason_id"]) == ("open", None, None)
    assert reopened["reached"]["lost"] == "2025-06-20T13:00:00Z"
    assert reopened["passages"] == {deal["stage_id"]: 2, "lost": 1}
    assert reopened["entered_stage_at"] == "2025-06-20T14:00:00Z"


async def test_the_history_tells_how_long_a_deal_was_in_each_stage(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        with clock.at(NOW):
            deal = await add(admin)
        for hour, key in ((1, "proposal"), (3, "initiation"), (6, "proposal")):
            with clock.at(NOW + timedelta(hours=hour)):
                await step(admin, deal, "move", stage_id=stages[key], note=f"after {hour}")
        with clock.at(NOW + timedelta(hours=10)):
            await step(admin, deal, "lose", reason="no_budget")
        with clock.at(NOW + timedelta(hours=12)):
            history = (await admin.get(f"/v1/deals/{deal['id']}/history")).raise_for_status().json()
    assert [(one["stage"], one["status"], one["seconds"] // 3600) for one in history["items"]] == [
        ("Initiation", "open", 1), ("Proposal", "open", 2), ("Initiation", "open", 3), ("Proposal", "open", 4),
        ("Proposal", "lost", 2),
    ]  # fmt: skip
    assert history["seconds_in_stage"] == {stages["initiation"]: 4 * 3600, stages["proposal"]: 6 * 3600}
    assert [one["left_at"] for one in history["items"]][-2:] == ["2025-06-20T22:00:00Z", None]
    assert {one["by"] for one in history["items"]} == {history["items"][0]["by"]}
    assert history["items"][1]["note"] == "after 1"


async def test_a_step_that_the_status_forbids_names_those_it_permits(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await step(admin, await add(admin, amount=RUB), "win")
        again = await admin.post(f"/v1/deals/{deal['id']}/win", json={})
        open_one = await add(admin)
        reopened = await admin.post(f"/v1/deals/{open_one['id']}/reopen", json={})
    assert again.status_code == reopened.status_code == 409
    assert again.json()["type"] == "/problems/transition-not-allowed"
    assert again.json()["allowed"] == ["reopen", "assign"]
    assert reopened.json()["allowed"] == ["move", "win", "lose", "assign"]


async def test_history_is_written_only_with_its_scope_and_never_ahead_or_backwards(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    move = {"stage_id": stages["proposal"]}
    async with tenant.client_as() as admin, tenant.client_as(scopes=["deals:read", "deals:write"]) as plain:
        deal = await add(admin, at="2025-03-01T10:00:00Z")
        path = f"/v1/deals/{deal['id']}/move"
        forbidden = await plain.post(path, json={**move, "at": "2025-03-02T10:00:00Z"})
        before = await admin.post(path, json={**move, "at": "2025-02-01T10:00:00Z"})
        ahead = await admin.post(path, json={**move, "at": "2999-01-01T00:00:00Z"})
        moved = await step(admin, deal, "move", **move, at="2025-03-02T10:00:00Z")
    assert [answer.status_code for answer in (forbidden, before, ahead)] == [403, 422, 422]
    assert deal["created_at"] == "2025-03-01T10:00:00Z"
    assert moved["entered_stage_at"] == "2025-03-02T10:00:00Z"


async def test_an_amount_is_in_the_workspaces_currency_and_not_below_nothing(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        for amount, currency, wrong in (("1.00", "USD", "currency"), ("-1.00", "RUB", "amount")):
            body = {"name": "X", "amount": {"amount": amount, "currency": currency}}
            refused = await admin.post("/v1/deals", json=body)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == f"/amount/{wrong}"


async def test_what_a_stage_asks_for_stays_filled_while_a_deal_is_in_it(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        [pipeline] = (await admin.get("/v1/pipelines")).json()["items"]
        path = f"/v1/pipelines/{pipeline['id']}/stages/{pipeline['stages'][0]['id']}"
        bare = await add(admin)
        asked = {"required_fields": ["amount", "expected_close"]}
        (await admin.patch(path, json=asked, headers={"If-Match": "*"})).raise_for_status()
        full = await add(admin, expected_close="2027-01-01", amount={"amount": "5.00", "currency": "RUB"})
        emptied = {"amount": None, "expected_close": None}
        answers = [
            await admin.patch(f"/v1/deals/{deal['id']}", json=patch, headers={"If-Match": "*"})
            for deal, patch in ((full, emptied), (full, {"name": "Y"}), (bare, emptied))
        ]
    assert [answer.status_code for answer in answers] == [422, 200, 200]
    assert [error["pointer"] for error in answers[0].json()["errors"]] == ["/amount", "/expected_close"]


async def test_a_deal_rots_when_it_stays_too_long_in_a_stage(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        with clock.at(NOW):
            deal = await add(admin)
        answers = []
        for days in (7, 8):
            with clock.at(NOW + timedelta(days=days)):
                found = (await admin.get("/v1/deals", params={"rotting": "true"})).json()["items"]
                fresh = (await admin.get("/v1/deals", params={"rotting": "false"})).json()["items"]
                assert [one["id"] for one in found] != [one["id"] for one in fresh]
                answers.append((await tenant_get(tenant, deal))["rotting"])
                assert answers[-1] == bool(found)
    assert deal["rotting"] is False
    assert answers == [False, True]


async def tenant_get(tenant: Tenant, deal: dict[str, Any]) -> dict[str, Any]:
    async with tenant.client_as() as admin:
        return dict((await admin.get(f"/v1/deals/{deal['id']}")).raise_for_status().json())


async def test_a_change_needs_the_version_it_builds_on(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path = f"/v1/deals/{(await add(admin))['id']}"
        blind = await admin.patch(path, json={"name": "Tables"})
        wanted = {"name": "Tables", "expected_close": "2026-12-24"}
        changed = await admin.patch(path, json=wanted, headers={"If-Match": '"1"'})
        stale = await admin.patch(path, json={"name": "Desks"}, headers={"If-Match": '"1"'})
    assert [answer.status_code for answer in (blind, changed, stale)] == [428, 200, 412]
    assert changed.headers["etag"] == stale.headers["etag"] == '"2"'
    assert (changed.json()["name"], changed.json()["expected_close"]) == ("Tables", "2026-12-24")


async def test_of_changes_made_at_once_on_one_version_exactly_one_stands(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path = f"/v1/deals/{(await add(admin))['id']}"
        answers = await asyncio.gather(
            *(admin.patch(path, json={"name": f"Name {number}"}, headers={"If-Match": '"1"'}) for number in range(6))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_custom_fields_are_merged_and_null_removes_one(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin, custom={"a": 1, "b": {"c": 2, "d": 3}})
        patched = await admin.patch(
            f"/v1/deals/{deal['id']}", json={"custom": {"a": None, "b": {"d": 4}}}, headers={"If-Match": '"1"'}
        )
    assert patched.json()["custom"] == {"b": {"c": 2, "d": 4}}


async def test_what_a_deal_names_must_be_of_the_workspace(tenant: Tenant, stranger: Tenant) -> None:
    async with stranger.client_as() as other:
        contact = (await other.post("/v1/contacts", json={})).json()["id"]
        pipeline = (await other.get("/v1/pipelines")).json()["items"][0]
    named = {
        "contact_id": contact,
        "pipeline_id": pipeline["id"],
        "stage_id": pipeline["stages"][0]["id"],
        "company_id": str(new_id()),
        "lead_id": str(new_id()),
        "owner_id": str(new_id()),
    }
    async with tenant.client_as() as admin:
        for field, value in named.items():
            refused = await admin.post("/v1/deals", json={"name": "X", field: value})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{field}")


async def test_deals_are_filtered_sorted_and_paged(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = [await add(admin, name=f"Deal {n}", amount={**RUB, "amount": f"{n}.00"}) for n in range(5)]
        await step(admin, made[0], "lose", reason="spam")
        open_ones = (await admin.get("/v1/deals?status=open&include_total=true")).json()
        both = (await admin.get("/v1/deals?status=open,lost")).json()["items"]
        named = (await admin.get("/v1/deals?q=deal 3")).json()["items"]
        refused = await admin.get("/v1/deals?status=ajar")
        seen, path = [], "/v1/deals?sort=-amount&limit=2"
        while path:
            page = await admin.get(path)
            seen += [deal["name"] for deal in page.json()["items"]]
            path = page.links.get("next", {}).get("url", "")
    assert (open_ones["total"], len(both)) == (4, 5)
    assert [deal["name"] for deal in named] == ["Deal 3"]
    assert refused.status_code == 422
    assert seen == ["Deal 4", "Deal 3", "Deal 2", "Deal 1", "Deal 0"]


async def test_bulk_answers_for_each_deal_in_order(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/deals/bulk", json={"items": [{"name": "A"}, {"name": ""}, 7, {"name": "B"}]})
        listed = (await admin.get("/v1/deals?sort=name")).json()["items"]
    results = answer.json()["results"]
    assert [(result["index"], result["status"]) for result in results] == [(0, 201), (1, 422), (2, 422), (3, 201)]
    assert [deal["id"] for deal in listed] == [results[0]["id"], results[3]["id"]]


async def test_the_forecast_weighs_open_deals_by_their_probability(tenant: Tenant) -> None:
    stages = await stages_of(tenant)
    async with tenant.client_as() as admin:
        await add(admin, amount={**RUB, "amount": "1000.00"}, expected_close="2026-12-01", stage_id=stages["proposal"])
        await add(admin, amount={**RUB, "amount": "500.00"}, expected_close="2026-12-31", stage_id=stages["closing"])
        await add(admin, amount={**RUB, "amount": "200.00"})
        await step(admin, await add(admin, amount=RUB, expected_close="2026-12-05"), "win")
        forecast = (await admin.get("/v1/deals/forecast")).raise_for_status().json()
    months = forecast["months"]
    rows = {row["month"]: (row["deals"], row["amount"]["amount"], row["weighted"]["amount"]) for row in months}
    assert rows == {"2026-12": (2, "1500.00", "800.00"), None: (1, "200.00", "20.00")}
    assert (forecast["deals"], forecast["weighted"]) == (3, {"amount": "820.00", "currency": "RUB"})


async def test_a_step_sent_twice_with_one_key_is_taken_once(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        deal = await add(admin, amount=RUB)
        path, key = f"/v1/deals/{deal['id']}/win", {"Idempotency-Key": "once"}
        sent = [await admin.post(path, json={}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["idempotency-replayed"] == "true"
