"""`GET /v1/conversions`: who reached a goal and agreed, hashed, for one platform."""

import csv
from typing import Any

from crm_core.conversions.rules import sha256
from leadkit.ids import new_id

from tests.crm_core.conftest import Sales

PHONE, EMAIL = "+74951234567", "ivan@example.com"


async def qualified(sales: Sales, number: int, *, given: bool | None) -> str:
    consent = None if given is None else {"given": given, "purpose": "ads"}
    inquiry: dict[str, Any] = {
        "id": str(new_id()), "channel": "form", "person": {"first_name": "Ivan", "last_name": "Petrov"},
        "phones": [f"{PHONE[:-1]}{number}"], "emails": [f"{number}{EMAIL}"], "consent": consent,
        "attribution": {"last": {"source": "google", "medium": "cpc", "click_ids": {"gclid": f"G{number}"}}},
    }  # fmt: skip
    [answer] = await sales.ask(inquiry)
    await sales.step(answer["lead_id"], "start")
    await sales.step(answer["lead_id"], "qualify", need="windows")
    return str(answer["lead_id"])


async def won(sales: Sales, lead_id: str) -> str:
    lead = await sales.step(lead_id, "convert", deal={"name": "Windows"})
    async with sales.tenant.client_as() as admin:
        sold = {"amount": {"amount": "21600.00", "currency": "RUB"}}
        (await admin.post(f"/v1/deals/{lead['deal_id']}/win", json=sold)).raise_for_status()
    return str(lead["deal_id"])


async def test_only_people_who_agreed_are_told_of_each_hashed_as_the_platform_wants(sales: Sales) -> None:
    agreed = await qualified(sales, 1, given=True)
    await qualified(sales, 2, given=False)
    await qualified(sales, 3, given=None)
    deal_id = await won(sales, agreed)
    async with sales.tenant.client_as() as admin:
        asked = {"platform": "meta"}
        sold = (await admin.get("/v1/conversions", params=asked)).raise_for_status().json()
        [event] = sold["data"]
        assert (event["event_name"], event["event_id"]) == ("Purchase", f"won:{deal_id}")
        assert event["user_data"]["ph"] == [sha256("74951234561")]
        assert event["custom_data"]["value"] == 21600.0
        of_leads = await admin.get("/v1/conversions", params={"platform": "google_enhanced", "goal": "qualified"})
        body = of_leads.raise_for_status().json()
        [told] = body["conversions"]
        assert body["left_out"] == 2
        assert (told["orderId"], told["gclid"]) == (f"qualified:{agreed}", "G1")
        assert {"hashedEmail": sha256(f"1{EMAIL}")} in told["userIdentifiers"]
        file = await admin.get("/v1/conversions", params={"platform": "google_enhanced", "format": "csv"})
        log = (await admin.get("/v1/audit", params={"action": "conversions.export"})).json()["items"]
    first, *lines = file.text.splitlines()
    [row] = csv.DictReader(lines)
    assert first == "Parameters:TimeZone=Europe/Moscow"
    assert row["Phone Number"] == sha256("+74951234561")
    assert (row["Conversion Value"], row["Ad User Data"]) == ("21600.0", "GRANTED")
    assert len(log) == 3
    assert PHONE[:-1] not in of_leads.text + file.text + str(sold)


async def test_pages_follow_each_other_and_a_withdrawn_consent_counts(sales: Sales) -> None:
    leads = [await qualified(sales, number, given=True) for number in range(3)]
    again = {"id": str(new_id()), "channel": "form", "phones": [f"{PHONE[:-1]}1"], "consent": {"given": False}}
    await sales.ask(again)
    found: list[str] = []
    params = {"platform": "meta", "goal": "qualified", "limit": "1"}
    async with sales.tenant.client_as() as admin:
        while True:
            page = (await admin.get("/v1/conversions", params=params)).raise_for_status().json()
            found += [event["event_id"] for event in page["data"]]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    assert found == [f"qualified:{lead}" for lead in (leads[0], leads[2])]


async def test_hashed_contacts_are_for_admins_and_integrations(sales: Sales) -> None:
    async with sales.manager() as manager, sales.tenant.client_as("integration") as integration:
        assert (await manager.get("/v1/conversions", params={"platform": "meta"})).status_code == 403
        assert (await integration.get("/v1/conversions", params={"platform": "meta"})).status_code == 200
        assert (await integration.get("/v1/conversions", params={"platform": "bing"})).status_code == 422
