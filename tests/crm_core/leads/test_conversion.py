"""Converting: contact, company and deal at once, linked both ways, or nothing at all."""

import asyncio

import pytest
from crm_core.leads import conversion


async def assigned(sales, **card):
    return await sales.add(person={"full_name": "Анна Смирнова"}, owner_id=str(sales.managers[0]), **card)


async def get(sales, path):
    async with sales.tenant.client_as() as admin:
        return (await admin.get(path)).raise_for_status().json()


async def test_a_lead_becomes_a_contact_a_company_and_a_deal(sales):
    budget = {"amount": "90000.00", "currency": "RUB"}
    lead = await assigned(sales, phones=["+74951234567"], company="ООО Ромашка", product="Окна", budget=budget)
    converted = await sales.step(lead["id"], "convert")
    deal = await get(sales, f"/v1/deals/{converted['deal_id']}")
    contact = await get(sales, f"/v1/contacts/{converted['contact_id']}")
    company = await get(sales, f"/v1/companies/{contact['company_id']}")
    assert converted["status"] == "converted"
    assert (deal["lead_id"], deal["contact_id"], deal["company_id"]) == (lead["id"], contact["id"], company["id"])
    assert (deal["name"], deal["amount"], deal["owner_id"]) == ("Окна", budget, str(sales.managers[0]))
    assert contact["person"]["full_name"] == "Анна Смирнова"
    assert contact["phones"] == ["+74951234567"]
    assert contact["lead_ids"] == [lead["id"]]
    assert contact["deal_ids"] == [deal["id"]]
    assert company["name"] == "ООО Ромашка"


async def test_a_known_contact_is_found_and_not_made_again(sales):
    first = await sales.step((await assigned(sales, phones=["+74951234567"]))["id"], "convert")
    second = await sales.step((await assigned(sales, phones=["+74951234567"]))["id"], "convert")
    assert second["contact_id"] == first["contact_id"]
    assert len((await get(sales, f"/v1/contacts/{first['contact_id']}"))["deal_ids"]) == 2


async def test_what_is_named_is_taken(sales):
    other = await sales.step((await assigned(sales, phones=["+74950000000"]))["id"], "convert")
    lead = await assigned(sales, phones=["+74951234567"])
    owner = str(sales.managers[1])
    converted = await sales.step(
        lead["id"],
        "convert",
        contact_id=other["contact_id"],
        company={"name": "ЗАО Лютик"},
        deal={"name": "Двери", "amount": {"amount": "10.00", "currency": "RUB"}, "owner_id": owner},
    )
    deal = await get(sales, f"/v1/deals/{converted['deal_id']}")
    assert (deal["name"], deal["owner_id"], deal["contact_id"]) == ("Двери", owner, other["contact_id"])
    assert converted["owner_id"] == str(sales.managers[0])


async def test_a_conversion_that_fails_leaves_nothing_behind(sales):
    lead = await assigned(sales, phones=["+74951234567"], company="ООО Ромашка")
    amount = {"amount": "10.00", "currency": "USD"}
    await sales.step(lead["id"], "convert", deal={"amount": amount}, expected=422)
    assert (await sales.lead(lead["id"]))["status"] == "assigned"
    for things in ("contacts", "companies", "deals"):
        assert (await get(sales, f"/v1/{things}"))["items"] == []
    assert await sales.events("contact.created", "deal.created", "lead.converted") == []


async def test_two_conversions_at_once_make_one_deal(sales):
    lead = await assigned(sales, phones=["+74951234567"])
    async with sales.tenant.client_as() as admin:
        answers = await asyncio.gather(*(admin.post(f"/v1/leads/{lead['id']}/convert", json={}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert len((await get(sales, "/v1/deals"))["items"]) == 1


async def test_a_chosen_contact_learns_how_else_the_person_is_reached(sales):
    async with sales.tenant.client_as() as admin:
        wanted = {"person": {"full_name": "Пётр Петров"}, "phones": ["+74950000000"]}
        contact = (await admin.post("/v1/contacts", json=wanted)).json()
    lead = await assigned(sales, phones=["+74951234567"], emails=["anna@example.com"], company="ООО Ромашка")
    await sales.step(lead["id"], "convert", contact_id=contact["id"])
    known = await get(sales, f"/v1/contacts/{contact['id']}")
    assert (known["phones"], known["emails"]) == (["+74950000000", "+74951234567"], ["anna@example.com"])
    assert known["person"]["full_name"] == "Пётр Петров"
    assert known["company_id"] is not None


async def test_a_contact_that_the_caller_may_not_see_is_not_to_be_chosen(sales):
    async with sales.tenant.client_as() as admin:
        contact = (await admin.post("/v1/contacts", json={"owner_id": str(sales.managers[1])})).json()
    lead = await assigned(sales, phones=["+74951234567"])
    async with sales.manager(0) as manager:
        refused = await manager.post(f"/v1/leads/{lead['id']}/convert", json={"contact_id": contact["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/contact_id")


async def test_what_is_wrong_with_the_deal_is_told_where_the_request_has_it(sales):
    lead = await assigned(sales, phones=["+74951234567"])
    async with sales.tenant.client_as() as admin:
        for name in ("pipeline_id", "stage_id", "owner_id"):
            refused = await admin.post(f"/v1/leads/{lead['id']}/convert", json={"deal": {name: lead["id"]}})
            assert [error["pointer"] for error in refused.json()["errors"]] == [f"/deal/{name}"]


async def test_an_unknown_contact_is_refused(sales):
    lead = await assigned(sales, phones=["+74951234567"])
    refused = await sales.step(lead["id"], "convert", contact_id=lead["id"], expected=422)
    assert refused["errors"][0]["pointer"] == "/contact_id"


@pytest.mark.parametrize("failing", ["match_or_create_company", "match_or_create_contact", "create_deal", "end_step"])
async def test_nothing_is_left_when_converting_fails_half_way(sales, monkeypatch, failing):
    lead = await assigned(sales, phones=["+74951234567"], company="ООО Ромашка")
    before = len(await sales.events())

    async def done_and_failed(*args, **how):
        await working(*args, **how)
        raise OSError("the machine went down")

    working = getattr(conversion, failing)
    monkeypatch.setattr(conversion, failing, done_and_failed)
    async with sales.tenant.client_as() as admin:
        answer = await admin.post(f"/v1/leads/{lead['id']}/convert", json={})
    assert answer.status_code == 503
    for things in ("contacts", "companies", "deals"):
        assert (await get(sales, f"/v1/{things}"))["items"] == []
    assert await sales.lead(lead["id"]) == lead
    assert len(await sales.events()) == before
    monkeypatch.undo()
    assert (await sales.step(lead["id"], "convert"))["status"] == "converted"
