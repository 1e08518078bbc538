"""`/v1/alerts`: a dear week of a source is found once, acknowledged, and withdrawn when its costs are restated."""

from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.alerts.actions import find_alerts
from analytics.projections.queries import workspace_setting

from tests.analytics.conftest import Books
from tests.analytics.projections.histories import attribution, lead, told

NOW = datetime(2026, 4, 8, 12, tzinfo=UTC)
MONDAY = datetime(2026, 3, 30, 9, tzinfo=UTC)


def _item(week: int, amount: str) -> dict[str, Any]:
    day = (MONDAY - timedelta(weeks=week)).date().isoformat()
    return {"date": day, "source": "yandex", "medium": "cpc", "amount": amount}


async def _look(books: Books) -> list[dict[str, Any]]:
    async with books.db.transaction(role="worker") as session:
        setting = await workspace_setting(session, books.workspace_id)
        await find_alerts(session, books.workspace_id, setting, now=NOW)
    items: list[dict[str, Any]] = (await books.get("alerts", status="open"))["items"]
    return items


async def test_a_dear_week_is_found_once_acknowledged_and_withdrawn_when_restated(books: Books) -> None:
    seen = attribution(source="yandex", medium="cpc")
    leads = [
        lead(occurred_at=told(MONDAY - timedelta(weeks=week)), attribution=seen)
        for week in range(6) for _ in range(10)
    ]  # fmt: skip
    await books.tell(*(("lead.created", state) for state in leads))
    await books.spend(*(_item(week, f"{1000 + week}.00") for week in range(1, 6)), _item(0, "2500.00"))
    [alert] = await _look(books)
    assert (alert["metric"], alert["source"], alert["week"], alert["value"]) == (
        "cost_per_lead", "yandex", "2026-03-30", 250.0,
    )  # fmt: skip
    assert [each["id"] for each in await _look(books)] == [alert["id"]]
    await books.spend(_item(0, "1010.00"))
    assert await _look(books) == []
    assert (await books.get(f"alerts/{alert['id']}"))["status"] == "withdrawn"
    await books.spend(_item(0, "3000.00"))
    [again] = await _look(books)
    assert (again["id"], again["value"]) == (alert["id"], 300.0)
    answer = await books.client.post(f"/v1/alerts/{alert['id']}/acknowledge")
    assert answer.json()["status"] == "acknowledged"
    assert await _look(books) == []
