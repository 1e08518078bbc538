"""`/v1/conversion-mapping`, and what converting a lead makes of it."""

import asyncio
from typing import Any

from tests.crm_core.conftest import Sales

PATH = "/v1/conversion-mapping"
FIELDS = (
    ("lead", "area", {"type": "number"}), ("deal", "area", {"type": "number", "personal": False}),
    ("lead", "material", {"type": "choice", "choices": ["oak", "pine"]}),
    ("contact", "taste", {"type": "text"}), ("company", "trade", {"type": "choice", "choices": ["doors"]}),
    ("lead", "visit", {"type": "date"}), ("lead", "price", {"type": "money"}),
)  # fmt: skip


async def define(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        for entity, key, more in FIELDS:
            body = {"entity": entity, "key": key, "name": {"en": key}, **more}
            (await admin.post("/v1/custom-fields", json=body)).raise_for_status()


async def get(sales: Sales, path: str) -> dict[str, Any]:
    async with sales.tenant.client_as() as admin:
        return dict((await admin.get(path)).raise_for_status().json())


async def put(sales: Sales, *pairs: str, **more: Any) -> None:
    """Sets pairs written as `lead_field entity field`."""
    named = [dict(zip(("lead_field", "entity", "field"), pair.split(), strict=True)) for pair in pairs]
    async with sales.tenant.client_as() as admin:
        answer = await admin.put(PATH, json={"pairs": named, **more}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def test_custom_fields_and_tags_go_along(sales: Sales) -> None:
    await define(sales)
    lead = await sales.add(
        phones=["+74951234567"], company="Romashka", tags=["vip"], custom={"area": 40, "note": "undefined"}
    )
    done = await sales.step(lead["id"], "convert", deal={"tags": ["urgent"]})
    deal, contact = (
        await get(sales, f"/v1/deals/{done['deal_id']}"),
        await get(sales, f"/v1/contacts/{done['contact_id']}"),
    )
    assert (deal["custom"], deal["tags"]) == ({"area": 40}, ["urgent", "vip"])
    assert (contact["custom"], contact["tags"]) == ({}, ["vip"])
    (told,) = await sales.events("deal.created")
    assert told["data"]["custom"] == {"area": 40}


async def test_a_workspace_maps_as_it_likes(sales: Sales) -> None:
    await define(sales)
    before = await get(sales, PATH)
    await put(
        sales, "custom.material contact custom.taste", "subject company custom.trade", "message company address",
        "company company name", "custom.visit deal expected_close", "custom.price deal amount", "need deal name",
        "source deal tags", "subject company website", same_keys=False,
    )  # fmt: skip
    lead = await sales.add(
        phones=["+74951234567"], company="Romashka", subject="windows", message="Lenina 1", product="Doors",
        custom={"area": 40, "material": "oak", "visit": "2026-12-24", "price": {"amount": "7.50", "currency": "RUB"}},
        attribution={"last": {"source": "yandex"}},
    )  # fmt: skip
    await sales.step(lead["id"], "start")
    await sales.step(lead["id"], "qualify", need="chairs")
    done = await sales.step(lead["id"], "convert")
    deal, contact = (
        await get(sales, f"/v1/deals/{done['deal_id']}"),
        await get(sales, f"/v1/contacts/{done['contact_id']}"),
    )
    company = await get(sales, f"/v1/companies/{contact['company_id']}")
    assert (before["version"], before["updated_at"], (await get(sales, PATH))["version"]) == (0, None, 1)
    assert contact["custom"] == {"taste": "oak"}
    assert (company["custom"], company["address"], company["website"]) == ({}, "Lenina 1", "windows")
    assert (deal["name"], deal["expected_close"], deal["amount"]) == (
        "chairs", "2026-12-24", {"amount": "7.50", "currency": "RUB"},
    )  # fmt: skip
    assert (deal["custom"], deal["tags"]) == ({}, ["yandex"])


async def test_pairs_that_do_not_fit_are_each_refused(sales: Sales) -> None:
    await define(sales)
    pairs = [
        {"lead_field": "shoe_size", "entity": "deal", "field": "name"},
        {"lead_field": "subject", "entity": "deal", "field": "custom.trade"},
        {"lead_field": "subject", "entity": "deal", "field": "custom.area"},
        {"lead_field": "custom.area", "entity": "deal", "field": "custom.area"},
        {"lead_field": "custom.material", "entity": "deal", "field": "amount"},
    ]
    async with sales.tenant.client_as() as admin, sales.manager() as manager:
        refused = await admin.put(PATH, json={"pairs": pairs}, headers={"If-Match": '"0"'})
        blind = await admin.put(PATH, json={"pairs": []})
        stale = await admin.put(PATH, json={"pairs": []}, headers={"If-Match": '"3"'})
        seen, forbidden = (
            await manager.get(PATH),
            await manager.put(PATH, json={"pairs": []}, headers={"If-Match": "*"}),
        )
        both = await asyncio.gather(
            *(admin.put(PATH, json={"pairs": []}, headers={"If-Match": '"0"'}) for _ in range(2))
        )
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/pairs/0/lead_field", "/pairs/1/field", "/pairs/2/field", "/pairs/4/field",
    ]  # fmt: skip
    assert [blind.status_code, stale.status_code, seen.status_code, forbidden.status_code] == [428, 412, 200, 403]
    assert sorted(answer.status_code for answer in both) == [200, 412]


async def test_what_is_known_is_never_replaced(sales: Sales) -> None:
    await define(sales)
    await put(sales, "custom.material contact custom.taste", "tags contact tags", "message company address")
    async with sales.tenant.client_as() as admin:
        person = {"phones": ["+74951234567"], "custom": {"taste": "pine"}, "tags": ["old"]}
        contact = (await admin.post("/v1/contacts", json=person)).json()
    lead = await sales.add(phones=["+74951234567"], tags=["new"], custom={"material": "oak"})
    done = await sales.step(lead["id"], "convert")
    assert done["contact_id"] == contact["id"]
    learnt = await get(sales, f"/v1/contacts/{contact['id']}")
    assert (learnt["custom"], learnt["tags"]) == ({"taste": "pine"}, ["old", "new"])


async def test_a_company_is_found_by_its_domain_but_not_by_that_of_free_mail(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        known = (
            await admin.post("/v1/companies", json={"name": "Holding", "website": "https://www.holding.ru/x"})
        ).json()
        gmail = {"name": "Owner", "emails": ["owner@gmail.com"], "tax_number": "1111111111"}
        await admin.post("/v1/companies", json=gmail)
        for name in ("Twin", "Twins"):
            await admin.post("/v1/companies", json={"name": name, "website": "twins.ru"})
        await admin.post("/v1/companies", json={"name": "Shop", "website": "https://vk.com/shop"})
    wanted: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        ({"emails": ["a@holding.ru"]}, {}),
        (
            {"emails": ["b@holding.ru"], "company": "Romashka"},
            {"company": {"name": "Holding JSC", "tax_number": "7707083893"}},
        ),
        ({"emails": ["c@holding.ru"]}, {"company": {"name": "Rival", "tax_number": "1234567890"}}),
        ({"emails": ["d@gmail.com"]}, {}),
        ({"emails": ["e@twins.ru"]}, {}),
        ({"emails": ["f@notholding.ru"]}, {}),
        ({"phones": ["+74951234567"]}, {"company": {"name": "Site", "website": "holding.ru"}}),
        ({"phones": ["+74951234568"]}, {"company": {"name": "Cafe", "website": "vk.com/cafe"}}),
    )
    found = []
    for card, body in wanted:
        lead = await sales.add(**card)
        done = await sales.step(lead["id"], "convert", **body)
        found.append((await get(sales, f"/v1/contacts/{done['contact_id']}"))["company_id"])
    assert found[:2] == [known["id"], known["id"]]
    assert (await get(sales, f"/v1/companies/{known['id']}"))["tax_number"] == "7707083893"
    assert found[2] not in (None, known["id"])
    assert found[3:6] == [None, None, None]
    assert found[6] == known["id"]
    assert (await get(sales, f"/v1/companies/{found[7]}"))["name"] == "Cafe"
