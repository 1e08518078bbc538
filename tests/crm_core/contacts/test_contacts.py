"""`/v1/contacts`, over HTTP, and matching people to contacts."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from crm_core.contacts.actions import ContactTold, match_or_create_contact
from crm_core.contacts.queries import contacts_by_points
from leadkit import clock
from leadkit.contracts.inquiry import Messenger, Person
from leadkit.ids import new_id

from tests.crm_core.conftest import Sales, Tenant

IVAN = {
    "person": {"first_name": "Ivan", "last_name": "Petrov"},
    "phones": ["8 (495) 123-45-67"],
    "emails": ["Ivan@Example.com"],
    "messengers": [{"network": "Telegram", "id": "12345"}],
}


async def add(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    return dict((await client.post("/v1/contacts", json=values)).raise_for_status().json())


async def change(client: httpx.AsyncClient, contact: dict[str, Any], **values: Any) -> dict[str, Any]:
    path, version = f"/v1/contacts/{contact['id']}", f'"{contact["version"]}"'
    answer = await client.patch(path, json=values, headers={"If-Match": version})
    return dict(answer.raise_for_status().json())


async def match(tenant: Tenant, **values: Any) -> UUID:
    """What converting a lead does about its person."""
    told: dict[str, Any] = {"person": Person(), "phones": [], "emails": [], "messengers": [], "lead_id": None}
    told["told"] = ContactTold(position=values["person"].position if "person" in values else None)
    told |= {"company_id": None, "owner_id": None, "by": "test", "now": clock.now(), **values}
    async with tenant.core.db.transaction(tenant.id) as session:
        contact = await match_or_create_contact(session, workspace_id=tenant.id, **told)
    return contact.id


async def test_a_contact_is_stored_normalised(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/contacts", json=IVAN)
        shown = (await admin.get(answer.headers["location"])).json()
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert (made["phones"], made["emails"]) == (["+74951234567"], ["ivan@example.com"])
    assert made["messengers"] == [{"network": "telegram", "id": "12345"}]
    assert (made["kind"], made["person"]["last_name"]) == ("client", "Petrov")
    assert (made["lead_ids"], made["deal_ids"], made["company_id"], made["legal"]) == ([], [], None, {})
    assert shown == made


async def test_what_is_no_phone_or_address_is_refused_at_its_place(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        refused = await admin.post("/v1/contacts", json={"phones": ["+74951234567", "abc"], "emails": ["nobody"]})
        company = await admin.post("/v1/contacts", json={"company_id": str(new_id())})
    assert refused.status_code == company.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/phones/1", "/emails/0"]
    assert company.json()["errors"][0]["pointer"] == "/company_id"


async def test_a_patch_replaces_lists_and_merges_objects(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = await add(admin, **IVAN, legal={"tax_number": "1", "form": "IP"}, preferred="+74951234567")
        phones = ["+74951234567", "+7 495 765 43 21"]
        changed = await change(admin, made, phones=phones, person={"middle_name": "Ilyich"}, legal={"form": None})
    assert changed["phones"] == ["+74951234567", "+74957654321"]
    assert changed["emails"] == ["ivan@example.com"]
    assert changed["preferred"] == "+74951234567"
    assert (changed["person"]["first_name"], changed["person"]["middle_name"]) == ("Ivan", "Ilyich")
    assert changed["legal"] == {"tax_number": "1"}
    assert changed["version"] == 2


async def test_a_change_needs_the_version_it_builds_on(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        path = f"/v1/contacts/{(await add(admin, **IVAN))['id']}"
        blind = await admin.patch(path, json={"position": "Head"})
        changed = await admin.patch(path, json={"position": "Head"}, headers={"If-Match": '"1"'})
        stale = await admin.patch(path, json={"position": "Chief"}, headers={"If-Match": '"1"'})
        null = await admin.patch(path, json={"phones": None}, headers={"If-Match": '"2"'})
    assert [answer.status_code for answer in (blind, changed, stale, null)] == [428, 200, 412, 422]


@pytest.mark.parametrize(
    "query",
    ["phone=8495 1234567", "email=IVAN@example.com", "q=+7 (495) 123-45-67", "q=ivan@example.com", "q=ПЕТРОВ и"],
)
async def test_a_contact_is_found_by_phone_email_or_part_of_the_name(tenant: Tenant, query: str) -> None:
    async with tenant.client_as() as admin:
        named = {**IVAN, "person": {"last_name": "Петров", "first_name": "Иван"}}
        wanted = await add(admin, **named)
        await add(admin, person={"last_name": "Petrova"}, phones=["+74950000000"], emails=["other@example.com"])
        name, _, value = query.partition("=")
        found = (await admin.get("/v1/contacts", params={name: value})).json()["items"]
    assert [contact["id"] for contact in found] == [wanted["id"]]


async def test_contacts_are_listed_by_kind_company_and_tag(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        company = (await admin.post("/v1/companies", json={"name": "Romashka"})).json()["id"]
        partner = await add(admin, kind="partner", company_id=company)
        tagged = await add(admin, tags=["vip"])
        lists = [
            (await admin.get("/v1/contacts", params=params)).json()["items"]
            for params in ({"kind": "partner,supplier"}, {"company_id": company}, {"tag": "vip"})
        ]
        refused = await admin.get("/v1/contacts", params={"kind": "enemy"})
    ids = [[contact["id"] for contact in found] for found in lists]
    assert ids == [[partner["id"]], [partner["id"]], [tagged["id"]]]
    assert refused.status_code == 422


async def test_pages_show_every_contact_once(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = {(await add(admin, person={"last_name": f"Name {n}"}))["id"] for n in range(5)}
        seen, path = [], "/v1/contacts?limit=2&sort=name"
        while path:
            page = await admin.get(path)
            seen += [contact["id"] for contact in page.json()["items"]]
            path = page.links.get("next", {}).get("url", "")
    assert len(seen) == 5
    assert set(seen) == made


async def test_bulk_answers_for_each_contact_in_order(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        items = [IVAN, {"phones": ["x"]}, {"kind": "enemy"}, {}]
        results = (await admin.post("/v1/contacts/bulk", json={"items": items})).json()["results"]
        listed = (await admin.get("/v1/contacts?include_total=true")).json()["total"]
    assert [result["status"] for result in results] == [201, 422, 422, 201]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/phones/0"
    assert listed == 2


async def test_another_workspace_finds_no_contact(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        path = f"/v1/contacts/{(await add(admin, **IVAN))['id']}"
        answers = [
            await other.get(path),
            await other.get(f"{path}/timeline"),
            await other.patch(path, json={}, headers={"If-Match": "*"}),
        ]
        listed = (await other.get("/v1/contacts?phone=+74951234567")).json()["items"]
    assert {answer.status_code for answer in answers} == {404}
    assert listed == []


async def test_a_manager_sees_own_contacts_and_unassigned_ones_of_the_team(sales: Sales) -> None:
    async with sales.manager(0) as anna, sales.manager(1) as boris, sales.tenant.client_as("integration") as robot:
        own, unowned = await add(anna, **IVAN), await add(robot)
        lists = [(await client.get("/v1/contacts")).json()["items"] for client in (anna, boris)]
        hidden = await boris.get(f"/v1/contacts/{own['id']}")
    async with sales.tenant.client_as("analyst") as analyst:
        forbidden = await analyst.get("/v1/contacts")
    seen = [{contact["id"] for contact in found} for found in lists]
    assert seen == [{own["id"], unowned["id"]}, {unowned["id"]}]
    assert (hidden.status_code, forbidden.status_code) == (404, 403)


async def test_events_say_nothing_about_who_the_contact_is(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = await add(admin, **IVAN)
        await change(admin, made, position="Head of purchasing")
        entries = (await admin.get("/v1/audit", params={"subject_id": made["id"]})).json()["items"]
    events = await tenant.core.events("contact.created", "contact.updated")
    assert [(event["type"], event["data"]["version"]) for event in events] == [
        ("contact.created", 1), ("contact.updated", 2),
    ]  # fmt: skip
    assert {entry["action"] for entry in entries} == {"contact.create", "contact.update"}
    for private in ("Ivan", "Petrov", "4951234567", "ivan@example.com", "purchasing"):
        assert private not in str(events)
        assert private not in str(entries)


async def test_a_person_is_matched_by_phone_before_email_before_messenger(tenant: Tenant) -> None:
    by_phone = await match(tenant, phones=["+74951234567"])
    by_email = await match(tenant, emails=["ivan@example.com"])
    by_messenger = await match(tenant, messengers=[Messenger(network="telegram", id="1")])
    everything = {"emails": ["ivan@example.com"], "messengers": [Messenger(network="telegram", id="1")]}
    assert len({by_phone, by_email, by_messenger}) == 3
    assert await match(tenant, phones=["+74950000000"], messengers=everything["messengers"]) == by_messenger
    assert await match(tenant, **everything) == by_email
    assert await match(tenant, phones=["+74951234567"], **everything) == by_phone


async def test_a_known_contact_keeps_its_data_and_learns_the_rest(tenant: Tenant) -> None:
    lead_id = new_id()
    async with tenant.client_as() as admin:
        known = await add(admin, person={"first_name": "Ivan"}, phones=["+74951234567"])
        matched = await match(
            tenant,
            person=Person(first_name="I.", last_name="Petrov", position="Head"),
            phones=["+74951234567", "+74957654321"],
            emails=["ivan@example.com"],
            lead_id=lead_id,
        )
        learned = (await admin.get(f"/v1/contacts/{known['id']}")).json()
    assert str(matched) == known["id"]
    assert (learned["person"]["first_name"], learned["person"]["last_name"]) == ("Ivan", "Petrov")
    assert learned["phones"] == ["+74951234567", "+74957654321"]
    assert (learned["emails"], learned["position"]) == (["ivan@example.com"], "Head")
    assert (learned["lead_ids"], learned["version"]) == ([str(lead_id)], 2)


async def test_leads_of_one_person_converted_at_once_become_one_contact(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        person = {"phones": ["+74951234567"], "emails": ["ivan@example.com"]}
        leads = [(await admin.post("/v1/leads", json=person)).raise_for_status().json()["id"] for _ in range(5)]
        for lead in leads:
            await sales.step(lead, "assign", owner_id=str(sales.managers[0]))
        answers = await asyncio.gather(*(admin.post(f"/v1/leads/{lead}/convert", json={}) for lead in leads))
        contacts = (await admin.get("/v1/contacts")).json()["items"]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(contacts) == 1
    assert set(contacts[0]["lead_ids"]) == set(leads)
    assert len(contacts[0]["deal_ids"]) == 5


async def test_points_of_many_people_are_found_with_one_look(tenant: Tenant, stranger: Tenant) -> None:
    ivan = await match(tenant, phones=["+74951234567"], emails=["ivan@example.com"])
    olga = await match(tenant, emails=["olga@example.com"])
    await match(stranger, emails=["eve@example.com"])
    ivans, olgas, eves = ("phone", "+74951234567"), ("email", "olga@example.com"), ("email", "eve@example.com")
    async with tenant.core.db.transaction(tenant.id, read_only=True) as session:
        found = await contacts_by_points(session, tenant.id, [ivans, olgas, eves])
        nothing = await contacts_by_points(session, tenant.id, [])
    assert found == {ivans: [ivan], olgas: [olga]}
    assert nothing == {}
