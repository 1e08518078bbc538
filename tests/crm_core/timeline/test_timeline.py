"""`/v1/{leads,contacts,deals}/{id}/timeline`, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from leadkit import clock
from leadkit.ids import new_id

from tests.crm_core.conftest import Sales

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
FORM = {
    "channel": "form",
    "phones": ["+74951234567"],
    "emails": ["ivan@example.com"],
    "message": "Three windows, please",
}


async def timeline_of(client: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"{path}/timeline", params=params)
    return list(answer.raise_for_status().json()["items"])


async def converted(sales: Sales) -> dict[str, Any]:
    """A lead that asked, was worked on and became a deal that moved one stage."""
    with clock.at(NOW):
        lead = (await sales.ask({"id": str(new_id()), **FORM}))[0]["lead_id"]
    async with sales.tenant.client_as() as admin:
        with clock.at(NOW + timedelta(minutes=5)):
            body = {"kind": "call", "direction": "outbound", "lead_id": lead, "result": "answered"}
            (await admin.post("/v1/activities", json=body)).raise_for_status()
        with clock.at(NOW + timedelta(minutes=10)):
            await sales.step(lead, "start")
        with clock.at(NOW + timedelta(minutes=20)):
            shown = await sales.step(lead, "convert", deal={"name": "Windows"})
        stages = (await admin.get("/v1/pipelines")).json()["items"][0]["stages"]
        with clock.at(NOW + timedelta(minutes=30)):
            move = {"stage_id": stages[1]["id"]}
            (await admin.post(f"/v1/deals/{shown['deal_id']}/move", json=move)).raise_for_status()
    return shown


async def test_changes_of_a_card_are_told_with_masked_values(sales: Sales) -> None:
    lead = await sales.add(phones=["+74951234567"], subject="Windows")
    async with sales.tenant.client_as() as admin:
        patch = {"subject": "Doors", "product": "Doors"}
        (await admin.patch(f"/v1/leads/{lead['id']}", json=patch, headers={"If-Match": "*"})).raise_for_status()
        [change] = await timeline_of(admin, f"/v1/leads/{lead['id']}", kind="change")
    assert (change["kind"], change["summary"]) == ("change", "Changed the lead: product, subject")
    assert change["data"]["before"] == {"product": None, "subject": "***"}
    assert change["data"]["after"] == {"product": "Doors", "subject": "***"}


async def test_a_leads_timeline_tells_everything_newest_first(sales: Sales) -> None:
    lead = await converted(sales)
    async with sales.tenant.client_as() as admin:
        items = await timeline_of(admin, f"/v1/leads/{lead['id']}")
    moments = [item["at"] for item in items]
    assert moments == sorted(moments, reverse=True)
    assert {item["kind"] for item in items} == {"inquiry", "call", "transition", "assignment"}
    assert items[0]["summary"] == "Lead: in progress → converted"
    inquiry = next(item for item in items if item["kind"] == "inquiry")
    assert (inquiry["at"], inquiry["summary"]) == ("2025-06-20T12:00:00Z", "Inquiry (form): Three windows, please")
    assigned = next(item for item in items if item["kind"] == "assignment")
    assert assigned["data"]["owner_id"] == lead["owner_id"]
    assert assigned["summary"].startswith("Assigned to Manager")
    call = next(item for item in items if item["kind"] == "call")
    assert (call["data"]["direction"], call["at"]) == ("outbound", "2025-06-20T12:05:00Z")
    assert all(set(item) == {"at", "kind", "by", "summary", "data"} for item in items)


async def test_a_deals_timeline_tells_its_stages_and_owners(sales: Sales) -> None:
    lead = await converted(sales)
    async with sales.tenant.client_as() as admin:
        items = await timeline_of(admin, f"/v1/deals/{lead['deal_id']}")
    said = [item["summary"] for item in items if item["kind"] == "stage"]
    assert said == ["Deal “Windows”: Initiation → Qualification", "Deal “Windows” began in stage Initiation"]
    assert items[0]["data"]["seconds_before"] == 600
    assert [item["data"]["owner_id"] for item in items if item["kind"] == "assignment"] == [lead["owner_id"]]


async def test_a_contacts_timeline_has_its_leads_and_deals(sales: Sales) -> None:
    lead = await converted(sales)
    async with sales.tenant.client_as() as admin:
        note = {"kind": "note", "contact_id": lead["contact_id"], "body": "Likes oak"}
        (await admin.post("/v1/activities", json=note)).raise_for_status()
        of_contact = await timeline_of(admin, f"/v1/contacts/{lead['contact_id']}")
        of_lead = await timeline_of(admin, f"/v1/leads/{lead['id']}")
        of_deal = await timeline_of(admin, f"/v1/deals/{lead['deal_id']}")
    assert of_contact[0]["summary"] == "Note: Likes oak"
    assert len(of_contact) == len(of_lead) + len(of_deal) + 1
    for item in (*of_lead, *of_deal):
        assert item in of_contact


async def test_a_contacts_timeline_hides_leads_and_deals_that_the_caller_does_not_see(sales: Sales) -> None:
    lead = await converted(sales)
    owner = next(number for number, manager in enumerate(sales.managers) if str(manager) != lead["owner_id"])
    async with sales.tenant.client_as() as admin, sales.manager(owner) as other:
        given = await admin.patch(
            f"/v1/contacts/{lead['contact_id']}",
            json={"owner_id": str(sales.managers[owner])},
            headers={"If-Match": "*"},
        )
        items = await timeline_of(other, f"/v1/contacts/{lead['contact_id']}")
        hidden = await other.get(f"/v1/leads/{lead['id']}/timeline")
    assert (given.status_code, [item["data"]["fields"] for item in items], hidden.status_code) == (
        200, [["owner_id"]], 404,
    )  # fmt: skip


async def test_pages_tell_everything_once_also_what_happened_at_one_moment(sales: Sales) -> None:
    with clock.at(NOW):
        inquiries = [{"id": str(new_id()), **FORM, "subject": f"Ask {number}"} for number in range(6)]
        lead = (await sales.ask(*inquiries))[0]["lead_id"]
    async with sales.tenant.client_as() as admin:
        path, seen, pages = f"/v1/leads/{lead}/timeline?limit=3", [], 0
        while path:
            page = await admin.get(path)
            seen += page.json()["items"]
            path = page.links.get("next", {}).get("url", "")
            pages += 1
        whole = await timeline_of(admin, f"/v1/leads/{lead}", limit=200)
    assert seen == whole
    assert pages == -(-len(whole) // 3)
    assert len([item for item in whole if item["kind"] == "inquiry"]) == 6


async def test_a_cursor_that_is_not_ours_is_refused(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        deal = (await admin.post("/v1/deals", json={"name": "X"})).json()["id"]
        for cursor in ("x", "W10", "WyJhIiwiYiJd"):
            refused = await admin.get(f"/v1/deals/{deal}/timeline", params={"cursor": cursor})
            assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")


async def test_a_timeline_is_narrowed_to_kinds_page_by_page_and_tells_merges(sales: Sales) -> None:
    lead = await converted(sales)
    with clock.at(NOW + timedelta(hours=1)):
        other = await sales.add(phones=["+74950000000"])
        merged = await sales.step(other["id"], "merge", into=lead["id"])
    path = f"/v1/leads/{lead['id']}"
    async with sales.tenant.client_as() as admin:
        with clock.at(NOW + timedelta(hours=2)):
            merge = (await admin.get("/v1/merges")).json()["items"][0]["id"]
            (await admin.post(f"/v1/merges/{merge}/undo", json={})).raise_for_status()
        items = await timeline_of(admin, path, kind="call,merge")
        first = await admin.get(f"{path}/timeline", params={"kind": "call,merge", "limit": 2})
        second = await admin.get(first.links["next"]["url"])
        wrong = await admin.get(f"{path}/timeline", params={"kind": "call,dance"})
    assert merged["id"] in (lead["id"], other["id"], merged["id"])
    assert [item["summary"] for item in items] == [
        "Merge with another lead taken back", "Merged with another lead", "Call (outbound, Answered)",
    ]  # fmt: skip
    assert items[1]["data"]["from_id"] == other["id"]
    assert [*first.json()["items"], *second.json()["items"]] == items
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/kind")
