"""Likely duplicates, found by the worker and on request, refused for good."""

from datetime import timedelta

from crm_core.duplicates.scanning import find_duplicates
from leadkit import clock

from tests.crm_core.conftest import Sales


async def _call(sales: Sales, method: str, path: str, **how):
    async with sales.tenant.client_as() as admin:
        answer = await admin.request(method, path, **how)
    return answer.raise_for_status().json()


async def test_the_worker_finds_pairs_of_every_kind_once_and_tells_why(sales: Sales) -> None:
    one = await sales.add(person={"full_name": "Анна Иванова"}, phones=["+79161234567"])
    other = await sales.add(person={"full_name": "Аня"}, phones=["+79161234568"])
    await sales.add(person={"full_name": "Пётр"}, emails=["p@mail.ru"])
    await sales.add(person={"full_name": "Олег"}, emails=["o@mail.ru"])
    for name in ("ООО Ромашка Плюс", "Ромашка Плюс"):
        await _call(sales, "POST", "/v1/companies", json={"name": name})
    for name in ("Мария Кузнецова", "Мария Кузнецова"):
        await _call(sales, "POST", "/v1/contacts", json={"person": {"full_name": name}})
    with clock.at(clock.now() + timedelta(minutes=1)):
        await find_duplicates(sales.tenant.core.db)
        assert await find_duplicates(sales.tenant.core.db) == 0
    found = (await _call(sales, "GET", "/v1/duplicates"))["items"]
    assert {pair["entity"]: [sign["kind"] for sign in pair["signs"]] for pair in found} == {
        "lead": ["phone_one_digit_off"],
        "company": ["similar_name"],
        "contact": ["similar_name"],
    }
    [pair] = [pair for pair in found if pair["entity"] == "lead"]
    assert {pair["one_id"], pair["other_id"]} == {one["id"], other["id"]}
    assert (pair["score"], pair["reason"]) == (0.6, "phones that differ in one digit")


async def test_what_was_refused_is_not_suggested_again(sales: Sales) -> None:
    one = await sales.add(emails=["anna@romashka-shop.ru"], person={"full_name": "Анна"})
    other = await sales.add(emails=["zakaz@romashka-shop.ru"], person={"full_name": "Олег"})
    [found] = (await _call(sales, "GET", f"/v1/leads/{one['id']}/duplicates"))["items"]
    assert (found["lead_id"], found["signs"][0]["kind"]) == (other["id"], "same_domain")
    dismissed = await _call(sales, "POST", f"/v1/duplicates/{found['id']}/dismiss", json={})
    assert dismissed["status"] == "dismissed"
    for lead in (one, other):
        assert (await _call(sales, "GET", f"/v1/leads/{lead['id']}/duplicates"))["items"] == []
    [kept] = (await _call(sales, "GET", "/v1/duplicates", params={"status": "dismissed"}))["items"]
    assert kept["id"] == found["id"]


async def test_a_manager_sees_only_pairs_of_own_leads(sales: Sales) -> None:
    leads = [
        await sales.add(
            emails=[f"{number}@romashka-shop.ru"], person={"full_name": "A"}, owner_id=str(sales.managers[number])
        )
        for number in range(2)
    ]
    assert len((await _call(sales, "GET", f"/v1/leads/{leads[0]['id']}/duplicates"))["items"]) == 1
    async with sales.manager(0) as manager:
        answer = await manager.get(f"/v1/leads/{leads[0]['id']}/duplicates")
        assert answer.json()["items"] == []
