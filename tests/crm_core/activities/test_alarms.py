"""Due times as reminders: told soon before, and once they passed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crm_core.activities import alarms
from crm_core.activities.rules import alarm_at, is_missed
from leadkit import clock

from tests.crm_core.conftest import Sales

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
DUE = NOW + timedelta(hours=1)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("due_at", "before", "done", "alarm"),
    [
        (DUE, None, False, DUE), (DUE, 15, False, minutes(45)), (DUE, 90, False, minutes(-30)), (DUE, 0, False, DUE),
        (DUE, 15, True, None), (None, None, False, None), (NOW, 15, False, None),
    ],
)  # fmt: skip
def test_the_next_alarm_is_the_reminder_or_the_due_time(
    due_at: datetime | None, before: int | None, done: bool, alarm: datetime | None
) -> None:
    assert alarm_at(due_at, before, done=done, now=NOW) == alarm
    assert is_missed(due_at, now=NOW) is (due_at == NOW)


async def task(sales: Sales, **values: Any) -> str:
    async with sales.tenant.client_as() as admin:
        deal = (await admin.post("/v1/deals", json={"name": "Chairs"})).json()
        body = {"kind": "task", "deal_id": deal["id"], "due_at": DUE.isoformat(), **values}
        return str((await admin.post("/v1/activities", json=body)).raise_for_status().json()["id"])


async def told(sales: Sales) -> list[tuple[str, str]]:
    events = await sales.events("activity.due_soon", "activity.missed")
    return [(event["subject"], event["type"].rpartition(".")[2]) for event in events]


async def rung(sales: Sales, at: datetime) -> int:
    with clock.at(at):
        return await alarms.tell_alarms(sales.tenant.core.db)


async def test_a_task_is_told_before_it_is_due_and_when_it_was_missed_each_once(sales: Sales) -> None:
    with clock.at(NOW):
        reminded, plain = await task(sales, remind_before_minutes=15), await task(sales)
        await task(sales, due_at=minutes(-5).isoformat())
        done = await task(sales)
        async with sales.tenant.client_as() as admin:
            (await admin.post(f"/v1/activities/{done}/complete", json={})).raise_for_status()
    assert [await rung(sales, minutes(at)) for at in (44, 45, 46, 59)] == [0, 1, 0, 0]
    assert await told(sales) == [(reminded, "due_soon")]
    with clock.at(minutes(60)):
        both = await asyncio.gather(*(alarms.tell_alarms(sales.tenant.core.db) for _ in range(3)))
    assert sum(both) == 2
    assert sorted((await told(sales))[1:]) == sorted([(reminded, "missed"), (plain, "missed")])
    with clock.at(minutes(61)):
        async with sales.tenant.client_as() as admin:
            shown = (await admin.get(f"/v1/activities/{reminded}")).json()
            overdue = (
                await admin.get("/v1/activities", params={"overdue": "true", "missed_from": NOW.isoformat()})
            ).json()
    assert (shown["reminded_at"], shown["missed_at"]) == ("2026-06-20T12:45:00Z", "2026-06-20T13:00:00Z")
    assert {one["id"] for one in overdue["items"]} == {reminded, plain}


async def test_after_a_standstill_only_what_is_still_true_is_told(sales: Sales) -> None:
    with clock.at(NOW):
        one = await task(sales, remind_before_minutes=15)
    assert await rung(sales, minutes(90)) == 1
    assert await told(sales) == [(one, "missed")]


async def test_a_new_due_time_is_told_anew_and_a_worker_cut_off_tells_it_later(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.at(NOW):
        one = await task(sales)
    await rung(sales, minutes(60))
    path = f"/v1/activities/{one}"
    with clock.at(minutes(61)):
        async with sales.tenant.client_as() as admin:
            later = {"due_at": minutes(90).isoformat(), "remind_before_minutes": 10}
            moved = await admin.patch(path, json=later, headers={"If-Match": "*"})
            without = await admin.patch(path, json={"due_at": None}, headers={"If-Match": "*"})
    assert (moved.json()["missed_at"], without.status_code) == (None, 422)

    async def cut_off(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(alarms, "publish", cut_off)
        with pytest.raises(ConnectionError):
            await rung(sales, minutes(80))
    assert await told(sales) == [(one, "missed")]
    assert [await rung(sales, minutes(at)) for at in (81, 90)] == [1, 1]
    assert [what for _, what in await told(sales)] == ["missed", "due_soon", "missed"]
    with clock.at(minutes(91)):
        async with sales.tenant.client_as() as admin:
            await admin.post(f"{path}/complete", json={})
            refused = await admin.patch(path, json={"due_at": minutes(120).isoformat()}, headers={"If-Match": "*"})
    assert refused.json()["errors"][0]["pointer"] == "/due_at"
