"""Leads, contacts and companies merged through the API, and parted again."""

from leadkit.ids import new_id

from tests.crm_core.conftest import Sales


async def _post(sales: Sales, path: str, expected: int = 200, **body):
    async with sales.tenant.client_as() as admin:
        answer = await admin.post(path, json=body)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def _get(sales: Sales, path: str, expected: int = 200, **params):
    async with sales.tenant.client_as() as admin:
        answer = await admin.get(path, params=params)
    assert answer.status_code == expected, answer.text
    return answer


def inquiry(**values):
    return {"id": str(new_id()), "channel": "form", **values}


async def two_leads(sales: Sales):
    [one, other] = await sales.ask(
        inquiry(person={"full_name": "Ivan Petrov"}, phones=["+79990000011"], product="chairs"),
        inquiry(person={"full_name": "I. Petrov", "company": "Romashka"}, emails=["p@romashka.ru"], message="Hello"),
    )
    return one["lead_id"], other["lead_id"]


VOLATILE = ("version", "updated_at")


def settled(lead):
    return {name: value for name, value in lead.items() if name not in VOLATILE}


async def test_a_merged_lead_brings_everything_along_and_its_id_leads_to_the_survivor(sales: Sales) -> None:
    into, gone = await two_leads(sales)
    task = await _post(
        sales, "/v1/activities", 201, kind="task", lead_id=gone, subject="Call", due_at="2099-01-01T00:00:00Z"
    )
    tried = await _post(sales, f"/v1/leads/{gone}/merge?dry_run=true", into=into)
    assert (tried["merge"]["id"], tried["emails"]) == (None, ["p@romashka.ru"])
    assert (await sales.lead(gone))["status"] != "merged"
    merged = await _post(sales, f"/v1/leads/{gone}/merge", into=into, note="one person")
    assert (
        merged["merge"]["moved"] == tried["merge"]["moved"] == {"inquiries": 1, "activities": 2, "calls": 0, "deals": 0}
    )
    assert (merged["id"], merged["phones"], merged["emails"]) == (into, ["+79990000011"], ["p@romashka.ru"])
    assert (merged["person"]["full_name"], merged["company"], merged["message"]) == ("Ivan Petrov", "Romashka", "Hello")
    assert merged["inquiry_count"] == 2
    provenance = {one["field"]: one for one in merged["merge"]["values"]}
    assert (provenance["person/full_name"]["source"], provenance["person/full_name"]["other"]) == ("into", "I. Petrov")
    assert provenance["message"]["source"] == "from"
    redirect = await _get(sales, f"/v1/leads/{gone}", 308)
    assert redirect.headers["Location"] == f"/v1/leads/{into}"
    timeline = (await _get(sales, f"/v1/leads/{into}/timeline")).json()["items"]
    assert task["id"] in str(timeline)
    steps = [one["data"] for one in timeline if one["kind"] == "transition" and one["data"]["lead_id"] == gone]
    assert [step["action"] for step in steps] == ["merge", "assign", "create"]
    assert (await sales.lead(into))["next_step_at"] is not None
    [told] = [one["data"] for one in await sales.events("lead.merged")]
    assert (told["id"], told["status"], told["merged_into"]) == (gone, "merged", into)
    later = await sales.ask(inquiry(emails=["p@romashka.ru"]))
    assert later[0]["lead_id"] == into


async def test_undoing_a_merge_restores_both_and_leaves_what_came_after(sales: Sales) -> None:
    into, gone = await two_leads(sales)
    before = {lead_id: await sales.lead(lead_id) for lead_id in (into, gone)}
    merged = await _post(sales, f"/v1/leads/{gone}/merge", into=into)
    undone = await _post(sales, f"/v1/merges/{merged['merge']['id']}/undo")
    assert undone["undone_at"] is not None
    for lead_id in (into, gone):
        assert settled(await sales.lead(lead_id)) == settled(before[lead_id])
    assert (await sales.events("lead.updated"))[-1]["data"]["id"] == into
    refused = await _post(sales, f"/v1/merges/{merged['merge']['id']}/undo", 409)
    assert refused["type"] == "/problems/merge-not-undoable"
    again = await sales.ask(inquiry(emails=["p@romashka.ru"]))
    assert again[0]["lead_id"] == gone
    merged = await _post(sales, f"/v1/leads/{gone}/merge", into=into)
    [after] = await sales.ask(inquiry(emails=["p@romashka.ru"]))
    await _post(sales, f"/v1/merges/{merged['merge']['id']}/undo")
    stayed = (await _get(sales, f"/v1/leads/{into}/timeline")).json()["items"]
    assert after["id"] in str(stayed)
    assert ((await sales.lead(into))["inquiry_count"], (await sales.lead(gone))["inquiry_count"]) == (2, 2)


async def test_chains_redirect_to_the_last_and_come_apart_from_the_end(sales: Sales) -> None:
    first, second = await two_leads(sales)
    third = (await sales.add(person={"full_name": "P. Petrov"}))["id"]
    one = await _post(sales, f"/v1/leads/{first}/merge", into=second)
    other = await _post(sales, f"/v1/leads/{second}/merge", into=third)
    assert (await _get(sales, f"/v1/leads/{first}", 308)).headers["Location"] == f"/v1/leads/{third}"
    assert "merged into another" in (await _post(sales, f"/v1/merges/{one['merge']['id']}/undo", 409))["detail"]
    for merge in (other, one):
        await _post(sales, f"/v1/merges/{merge['merge']['id']}/undo")
    assert (await sales.lead(first))["phones"] == ["+79990000011"]
    assert (await sales.lead(third))["phones"] == []


async def test_a_merge_is_refused_with_what_is_wrong(sales: Sales) -> None:
    into, gone = await two_leads(sales)
    assert (await _post(sales, f"/v1/leads/{gone}/merge", 422, into=gone))["errors"][0]["pointer"] == "/into"
    assert (await _post(sales, f"/v1/leads/{gone}/merge", 422, into=str(new_id())))["errors"][0]["pointer"] == "/into"
    await _post(sales, f"/v1/leads/{gone}/merge", into=into)
    assert (await _post(sales, f"/v1/leads/{gone}/merge", 409, into=into))["allowed"] == []
    assert (await _post(sales, f"/v1/leads/{into}/merge", 409, into=gone))["merged_into"] == into


async def test_contacts_and_companies_merge_with_their_links_and_part_again(sales: Sales) -> None:
    old = await _post(sales, "/v1/companies", 201, name="Romashka", phones=["+74950000001"])
    new = await _post(sales, "/v1/companies", 201, name="OOO Romashka", tax_number="7707083893")
    gone = await _post(
        sales, "/v1/contacts", 201, person={"full_name": "Ann"}, phones=["+79990000021"], company_id=old["id"]
    )
    into = await _post(sales, "/v1/contacts", 201, person={"full_name": "Anna"}, emails=["a@example.com"])
    deal = await _post(sales, "/v1/deals", 201, name="Chairs", contact_id=gone["id"], company_id=old["id"])
    [lead] = await sales.ask(inquiry(in_reply_to=None, phones=["+79990000022"]))
    await sales.step(lead["lead_id"], "convert", contact_id=gone["id"])
    merged = await _post(sales, f"/v1/contacts/{gone['id']}/merge", into=into["id"])
    assert (merged["phones"], merged["company_id"]) == (["+79990000021", "+79990000022"], old["id"])
    assert (merged["lead_ids"], len(merged["deal_ids"])) == ([lead["lead_id"]], 2)
    assert (await sales.lead(lead["lead_id"]))["contact_id"] == into["id"]
    assert (await _get(sales, f"/v1/contacts/{gone['id']}", 308)).headers["Location"] == f"/v1/contacts/{into['id']}"
    company = await _post(sales, f"/v1/companies/{old['id']}/merge", into=new["id"])
    assert (company["name"], company["phones"], company["merge"]["moved"]) == (
        "OOO Romashka", ["+74950000001"], {"contacts": 2, "deals": 1},
    )  # fmt: skip
    assert (await _get(sales, f"/v1/deals/{deal['id']}")).json()["company_id"] == new["id"]
    await _post(sales, f"/v1/merges/{company['merge']['id']}/undo")
    await _post(sales, f"/v1/merges/{merged['merge']['id']}/undo")
    assert settled((await _get(sales, f"/v1/contacts/{into['id']}")).json()) == settled(into)
    back = (await _get(sales, f"/v1/contacts/{gone['id']}")).json()
    assert (back["lead_ids"], back["company_id"], len(back["deal_ids"])) == ([lead["lead_id"]], old["id"], 2)
    assert (await _get(sales, f"/v1/deals/{deal['id']}")).json()["company_id"] == old["id"]
    assert [one["data"]["merged_into"] for one in await sales.events("contact.merged")] == [into["id"]]
    listed = (await _get(sales, "/v1/merges", concerning=old["id"])).json()["items"]
    assert [(one["entity"], one["undoable"]) for one in listed] == [("company", False)]
    shown = (await _get(sales, f"/v1/merges/{listed[0]['id']}")).json()
    assert {"field": "phones", "value": "+74950000001", "source": "from", "other": None} in shown["values"]


async def test_who_sees_neither_side_hears_of_no_merge(sales: Sales) -> None:
    owner = str(sales.managers[0])
    gone, into = [(await sales.add(phones=[phone], owner_id=owner))["id"] for phone in ("+79990000031", "+79990000032")]
    await _post(sales, f"/v1/leads/{gone}/merge", into=into)
    heard = []
    for number in (0, 1):
        async with sales.manager(number) as manager:
            old = (await manager.get(f"/v1/leads/{gone}")).status_code
            heard.append((len((await manager.get("/v1/merges")).json()["items"]), old))
    assert heard == [(1, 308), (0, 404)]


async def test_a_merge_with_an_erased_person_is_not_taken_back_and_keeps_nothing_of_them(sales: Sales) -> None:
    into, gone = await two_leads(sales)
    merge = (await _post(sales, f"/v1/leads/{gone}/merge", into=into, note="Petrov twice"))["merge"]["id"]
    await _post(sales, f"/v1/leads/{into}/erase", 200)
    refused = await _post(sales, f"/v1/merges/{merge}/undo", 409)
    assert "erased" in refused["detail"]
    shown = (await _get(sales, f"/v1/merges/{merge}")).json()
    assert (shown["values"], shown["note"], shown["undoable"]) == ([], None, False)
