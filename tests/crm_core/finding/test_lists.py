"""Lists over HTTP: narrowed by every field, searched by any part, in any order, page by page."""

from typing import Any
from uuid import UUID

import pytest
from crm_core.finding import looking

from tests.crm_core.conftest import Sales

PEOPLE: tuple[dict[str, Any], ...] = (
    {
        "person": {"full_name": "Алёна Иванова", "company": "ООО «Ромашка»"},
        "phones": ["+74951234567"],
        "subject": "Остекление балкона",
        "product": "windows",
        "tags": ["vip", "big"],
        "channel": "call",
        "budget": {"amount": "150000.00", "currency": "RUB"},
        "attribution": {"first": {"source": "yandex", "campaign": "spring"}},
    },
    {
        "person": {"full_name": "John Smith"},
        "emails": ["john.smith@acme.example"],
        "phones": ["+442071234567"],
        "tags": ["vip"],
        "attribution": {"last": {"source": "google", "medium": "cpc"}},
    },
    {"person": {"full_name": "Пётр Ли"}, "phones": ["+79161112233"], "region": "RU-MOW", "language": "ru"},
)


async def names(sales: Sales, **filters: Any) -> list[str]:
    return [lead["person"]["full_name"].split()[0] for lead in await sales.leads(sort="created_at", **filters)]


@pytest.fixture
async def people(sales: Sales) -> Sales:
    for card in PEOPLE:
        await sales.add(**card)
    return sales


async def test_leads_are_searched_by_any_part_of_what_is_known_of_them(people):
    for q, expected in {
        "алена": ["Алёна"], "ИВАНОВА Алёна": ["Алёна"], "ромашка": ["Алёна"], "балкон": ["Алёна"],
        "smith": ["John"], "acme.ex": ["John"], "john.smith@acme.example": ["John"],
        "12345": ["Алёна", "John"], "8 495 123": ["Алёна"], "8 (495) 123-45-67": ["Алёна"], "1112233": ["Пётр"],
        "+44 20 7123 4567": ["John"], "+7495": ["Алёна"], "ли": ["Пётр"], "smith иванова": [],
        "%": [], "4951234568": [], "john.smit@acme.example": [],
        "Ромашкв": ["Алёна"],  # nothing contains it: the most similar one
    }.items():  # fmt: skip
        assert await names(people, q=q) == expected, q


async def test_leads_are_narrowed_by_their_fields(people):
    for given, expected in (
        ({"product": "windows,doors"}, ["Алёна"]),
        ({"channel": "call"}, ["Алёна"]),
        ({"tag": "vip"}, ["Алёна", "John"]),
        ({"tag": "vip,big"}, ["Алёна"]),
        ({"budget_from": "150000", "budget_to": "150000.01"}, ["Алёна"]),
        ({"source": "yandex,google"}, ["Алёна", "John"]),
        ({"campaign": "spring"}, ["Алёна"]),
        ({"medium": "cpc"}, ["John"]),
        ({"region": "RU-MOW", "language": "ru"}, ["Пётр"]),
        ({"company": "ООО «Ромашка»"}, ["Алёна"]),
        ({"created_from": "now-1h", "created_to": "now-30m"}, []),
        ({"created_from": "now-1h", "q": "smith"}, ["John"]),
        ({"open": "false"}, []),
        ({"filter": '{"not": {"field": "tags", "op": "has", "value": "vip"}}'}, ["Пётр"]),
    ):
        assert await names(people, **given) == expected, given


async def test_pages_follow_each_other_in_every_order_and_the_total_is_told(people):
    async with people.tenant.client_as() as admin:
        orders = (await admin.get("/v1/leads", params={"sort": "?"})).json()["errors"][0]["detail"]
        for field in orders.removeprefix("is one of ").split(", with")[0].split(", "):
            for sort in (field, f"-{field}"):
                seen: list[str] = []
                params: dict[str, Any] = {"sort": sort, "limit": 1, "include_total": "true", "tag": "vip"}
                while True:
                    page = (await admin.get("/v1/leads", params=params)).raise_for_status().json()
                    seen += [lead["id"] for lead in page["items"]]
                    assert page["total"] == 2
                    if page["next_cursor"] is None:
                        break
                    params["cursor"] = page["next_cursor"]
                assert len(set(seen)) == len(seen) == 2, sort


@pytest.mark.parametrize(("glance", "some", "few", "nearby", "frequent"), [
    (9, 1, 0, 1, 9),  # the glance fills the page
    (2, 9, 100, 4, 1),  # rare ahead, and few in all
    (1, 9, 1, 9, 1),  # rare ahead, but many in all, and not rare a little further
    (1, 9, 1, 3, 1),  # nor so frequent that the page is there
    (1, 9, 1, 2, 9),  # and rare there too
    (1, 0, 0, 3, 0),  # frequent ahead
])  # fmt: skip
async def test_a_search_gives_the_same_pages_whichever_way_its_rows_are_found(
    sales, monkeypatch, glance, some, few, nearby, frequent
):
    words = ("door", "window", "door", "indoor", "door", "gate", "window", "door")  # a door is not looked for indoors
    cards = [{"person": {"full_name": f"{word} {number}"}, "product": word} for number, word in enumerate(words)]
    async with sales.tenant.client_as() as admin:
        (await admin.post("/v1/leads/bulk", json={"items": cards})).raise_for_status()
        for name, value in {
            "GLANCE": glance, "SOME": some, "FEW": few, "NEARBY": nearby, "FREQUENT": frequent,
        }.items():  # fmt: skip
            monkeypatch.setattr(looking, name, value)
        for word in ("door", "window", "gate", "indoor"):
            for sort, product in (("name", None), ("-name", None), ("-created_at", word)):
                found: list[str] = []
                params: dict[str, Any] = {"sort": sort, "limit": 2, "q": word, "include_total": "true"}
                params |= {"product": product} if product else {}
                while True:
                    page = (await admin.get("/v1/leads", params=params)).raise_for_status().json()
                    found += [lead["person"]["full_name"] for lead in page["items"]]
                    assert page["total"] == words.count(word)
                    if page["next_cursor"] is None:
                        break
                    params["cursor"] = page["next_cursor"]
                expected = [f"{each} {number}" for number, each in enumerate(words) if each == word]
                assert (sorted(found) if product else found) == (expected[::-1] if sort == "-name" else expected)


async def test_open_leads_without_a_next_step_are_listed_until_something_is_planned(people):
    [lead, *_] = await people.leads(q="smith")
    planned = {"kind": "task", "lead_id": lead["id"], "subject": "Call", "due_at": "2030-01-02T10:00:00Z"}
    sooner = {**planned, "due_at": "2030-01-01T10:00:00Z"}
    async with people.tenant.client_as() as admin:
        tasks = [
            (await admin.post("/v1/activities", json=task)).raise_for_status().json() for task in (planned, sooner)
        ]
        assert (await people.lead(lead["id"]))["next_step_at"] == "2030-01-01T10:00:00Z"
        assert await names(people, has_next_step="false") == ["Алёна", "Пётр"]
        assert await names(people, next_step_from="2030-01-01T00:00:00Z") == ["John"]
        later = {"due_at": "2030-01-03T10:00:00Z"}
        changed = await admin.patch(f"/v1/activities/{tasks[1]['id']}", json=later, headers={"If-Match": "*"})
        assert changed.status_code == 200
        assert (await people.lead(lead["id"]))["next_step_at"] == "2030-01-02T10:00:00Z"
        await people.step(lead["id"], "start")
        assert (await people.lead(lead["id"]))["next_step_at"] == "2030-01-02T10:00:00Z"
        for task in tasks:
            (await admin.post(f"/v1/activities/{task['id']}/complete", json={})).raise_for_status()
    assert await names(people, has_next_step="false") == ["Алёна", "John", "Пётр"]


async def test_a_search_shows_a_manager_own_leads_only_and_nobody_another_workspaces(people, stranger):
    mine = await people.leads(q="smith")
    async with people.manager(people.managers.index(UUID(mine[0]["owner_id"]))) as owner:
        assert [lead["id"] for lead in (await owner.get("/v1/leads", params={"q": "smith"})).json()["items"]] == [
            mine[0]["id"]
        ]
    others = [manager for manager in people.managers if str(manager) != mine[0]["owner_id"]]
    async with people.manager(people.managers.index(others[0])) as other:
        for q in ("smith", "smiht", "john.smith@acme.example"):
            assert (await other.get("/v1/leads", params={"q": q})).json()["items"] == []
    async with stranger.client_as() as admin:
        for params in ({"q": "smith"}, {"q": "smiht"}, {"tag": "vip"}, {"q": "+442071234567"}):
            assert (await admin.get("/v1/leads", params=params)).json()["items"] == [], params


async def test_other_lists_are_searched_and_narrowed_alike(people):
    async with people.tenant.client_as() as admin:
        for path, made, found, missed in (
            ("contacts", {"person": {"full_name": "Алёна Ким"}, "phones": ["+74951234567"], "position": "Снабжение"},
             {"q": "95123"}, {"q": "алена", "kind": "partner"}),
            ("companies", {"name": "ООО «Ромашка»", "tax_number": "77 0708-3893", "tags": ["vip"]},
             {"q": "0708389"}, {"q": "ромашка", "tag": "other"}),
            ("deals", {"name": "Балкон под ключ", "amount": {"amount": "10.00", "currency": "RUB"}},
             {"q": "ключ", "amount_from": "10", "has_next_step": "false"}, {"q": "балкон", "amount_to": "10"}),
        ):  # fmt: skip
            (await admin.post(f"/v1/{path}", json=made)).raise_for_status()
            for params, expected in ((found, 1), (missed, 0)):
                answer = (await admin.get(f"/v1/{path}", params=params)).raise_for_status().json()
                assert len(answer["items"]) == expected, (path, params)


async def test_a_changed_card_is_found_by_its_new_words(people):
    [lead] = await people.leads(q="smith")
    async with people.tenant.client_as() as admin:
        change = {"person": {"full_name": "Jack Black"}, "phones": ["+442079999999"], "emails": []}
        await admin.patch(f"/v1/leads/{lead['id']}", json=change, headers={"If-Match": "*"})
    assert [await people.leads(q=q) for q in ("smith", "2071234567")] == [[], []]
    assert len(await people.leads(q="black")) == len(await people.leads(q="9999999")) == 1
