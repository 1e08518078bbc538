"""`/v1/deals/forecast`: by probability, and from history."""

from datetime import UTC, datetime
from typing import Any

import pytest
from crm_core.deals import forecasting, rules
from crm_core.deals.rules import ENOUGH, Past, rate_used
from leadkit import clock

from tests.crm_core.conftest import Sales

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
FEW, MANY = Past(1, ENOUGH - 1), Past(12, ENOUGH)


@pytest.mark.parametrize(
    ("of_owner", "of_stage", "used", "rate"),
    [
        (MANY, Past(90, 100), "owner", 0.4),
        (FEW, Past(90, 100), "stage", 0.9),
        (FEW, FEW, "probability", 0.25),
        (Past(0, 0), Past(0, 0), "probability", 0.25),
    ],
)
def test_the_nearest_share_with_enough_deals_is_used(of_owner: Past, of_stage: Past, used: str, rate: float) -> None:
    found = rate_used(of_owner, of_stage, 0.25)
    assert (found.used, found.rate) == (used, rate)
    assert str(ENOUGH) in found.why


def rub(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "RUB"}


async def _closed(sales: Sales, stage_id: str, *, won: int, lost: int, owner: int) -> None:
    """Deals of one owner that were in the stage once."""
    async with sales.tenant.client_as() as admin:
        item = {"name": "Old", "stage_id": stage_id, "owner_id": str(sales.managers[owner]), "amount": rub("1.00")}
        results = (await admin.post("/v1/deals/bulk", json={"items": [item] * (won + lost)})).json()["results"]
        for place, result in enumerate(results):
            action, body = ("win", {}) if place < won else ("lose", {"reason": "spam"})
            (await admin.post(f"/v1/deals/{result['id']}/{action}", json=body)).raise_for_status()


async def test_open_deals_are_weighted_by_what_became_of_such_deals(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ENOUGH", 4)
    monkeypatch.setattr(forecasting, "ENOUGH", 4)
    anna, boris = (str(manager) for manager in sales.managers[:2])
    async with sales.tenant.client_as() as admin:
        pipeline = (await admin.get("/v1/pipelines")).json()["items"][0]
        first, second = (stage["id"] for stage in pipeline["stages"][:2])
        with clock.at(datetime(2024, 1, 1, tzinfo=UTC)):
            await _closed(sales, first, won=5, lost=0, owner=0)  # too long ago to count
        with clock.at(NOW):
            await _closed(sales, first, won=1, lost=3, owner=0)
            await _closed(sales, first, won=1, lost=0, owner=1)
            for owner, stage_id, month in ((anna, first, "07"), (boris, first, "07"), (anna, second, "08")):
                await admin.post(
                    "/v1/deals",
                    json={
                        "name": "Open", "owner_id": owner, "stage_id": stage_id, "amount": rub("1000.00"),
                        "expected_close": f"2026-{month}-15",
                    },
                )  # fmt: skip
            answer: dict[str, Any] = (await admin.get("/v1/deals/forecast")).raise_for_status().json()
        with clock.at(NOW):
            async with sales.tenant.core.client_as("platform") as platform:
                path = f"/v1/workspaces/{sales.tenant.id}"
                await platform.patch(path, json={"currency": "EUR"}, headers={"If-Match": "*"})
            added = await admin.post("/v1/deals", json={"name": "Open", "amount": {"amount": "9", "currency": "EUR"}})
            both = (await admin.get("/v1/deals/forecast")).raise_for_status().json()
    rates = {(rate["owner_id"], rate["stage_id"]): rate for rate in answer["rates"]}
    used = {key: (rate["used"], rate["rate"]) for key, rate in rates.items()}
    assert used == {
        (anna, first): ("owner", 0.25), (boris, first): ("stage", 0.4), (anna, second): ("probability", 0.2),
    }  # fmt: skip
    assert (rates[anna, first]["of_owner"]["won"], rates[anna, first]["of_stage"]["closed"]) == (1, 5)
    assert rates[boris, first]["of_owner"]["interval"] == pytest.approx([0.2065, 1.0], abs=1e-4)
    assert rates[anna, second]["of_stage"] == {"won": 0, "closed": 0, "rate": None, "interval": None}
    assert [(row["month"], row["weighted"], row["from_history"]) for row in answer["months"]] == [
        ("2026-07", rub("200.00"), rub("650.00")), ("2026-08", rub("200.00"), rub("200.00")),
    ]  # fmt: skip
    assert answer["from_history"] == rub("850.00")
    assert added.status_code == 201
    assert [(total["currency"], total["deals"]) for total in both["totals"]] == [("EUR", 1), ("RUB", 3)]
    assert (both["currency"], both["deals"]) == ("EUR", 1)
