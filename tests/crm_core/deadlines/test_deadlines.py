"""Deadlines for the first response: set, reminded of, met, missed, and passed on until somebody answers."""

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from crm_core.deadlines.rules import Terms, Times, missed, times, wake_at
from crm_core.leads.overdue import watch_deadlines
from crm_core.leads.waiting import give_out_waiting
from crm_core.working_time.rules import Calendar
from leadkit import clock

from tests.crm_core.assignment.test_fairness import inquiry
from tests.crm_core.working_time.test_rules import MOSCOW, OFFICE, at

BEGAN = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
CHAIN = ["next", "head", "pool"]
MINUTE = timedelta(minutes=1)


@contextmanager
def minutes(count: float):
    with clock.at(BEGAN + count * MINUTE):
        yield


@pytest_asyncio.fixture
async def hasty(sales) -> Any:
    """Leads are to be answered within 15 minutes."""
    return await expecting(sales, within_minutes=15, remind_before_minutes=5)


async def expecting(sales, **response: Any) -> Any:
    async with sales.tenant.client_as() as admin:
        rule = {"name": "Soon", "response": response}
        (await admin.post("/v1/assignment-rules", json=rule)).raise_for_status()
    return sales


async def watch(sales) -> int:
    return await watch_deadlines(sales.tenant.core.db)


async def asked(sales, number: int = 1) -> dict[str, Any]:
    [answer] = await sales.ask(inquiry(number, occurred_at=clock.now().isoformat()))
    return dict(await sales.lead(answer["lead_id"]))


async def deadline(sales, lead: dict[str, Any]) -> dict[str, Any]:
    """The latest of the lead."""
    async with sales.tenant.client_as() as admin:
        found = (await admin.get(f"/v1/leads/{lead['id']}/deadlines")).raise_for_status().json()
    return dict(found["items"][0])


async def told(sales, what: str) -> list[dict[str, Any]]:
    return [event["data"] for event in await sales.events(f"deadline.{what}")]


def test_an_accept_timer_runs_only_while_somebody_is_at_work():
    terms = Terms(15 * MINUTE, 5 * MINUTE, MINUTE, ("next",))
    moments = times(terms, Calendar(zone=MOSCOW, pattern=OFFICE), at("2026-03-02T17:59:30"))
    assert moments == Times(at("2026-03-03T09:14:30"), at("2026-03-03T09:09:30"), at("2026-03-03T09:00:30"))
    assert (wake_at(moments, reminded=False), wake_at(Times(*moments[:2], None), reminded=True)) == (
        moments.accept_by, moments.due_at,
    )  # fmt: skip
    assert missed(moments, at("2026-03-03T09:00:29")) is None
    assert missed(moments, at("2026-03-03T10:00")) == ("not_accepted", moments.accept_by)
    assert missed(Times(*moments[:2], None), at("2026-03-03T10:00")) == ("late", moments.due_at)


async def test_an_owner_is_reminded_once_and_an_answer_in_time_fulfils(hasty):
    with minutes(0):
        lead = await asked(hasty)
        assert lead["respond_by"] == "2026-06-01T09:15:00Z"
        running = await deadline(hasty, lead)
        assert (running["status"], running["owner_id"]) == ("open", lead["owner_id"])
        assert await watch(hasty) == 0
    with minutes(10):
        assert [await watch(hasty), await watch(hasty)] == [1, 0]
        [soon] = await told(hasty, "due_soon")
        assert (soon["lead_id"], soon["owner_id"]) == (lead["id"], lead["owner_id"])
        async with hasty.tenant.client_as() as admin:
            timeline = (await admin.get(f"/v1/leads/{lead['id']}/timeline")).json()["items"]
            assert [one["data"]["what"] for one in timeline if one["kind"] == "deadline"] == ["due_soon"]
            noted = {"kind": "note", "direction": "outbound", "lead_id": lead["id"], "body": "Wrote in the chat"}
            (await admin.post("/v1/activities", json=noted)).raise_for_status()
    with minutes(20):
        assert await watch(hasty) == 0
        shown = await deadline(hasty, lead)
        assert (shown["status"], shown["worked_s"], shown["lost_s"]) == ("met", 600, 0)
        assert await hasty.leads(overdue="true") == []
    assert [one["status"] for one in await told(hasty, "fulfilled")] == ["met"]
    assert await told(hasty, "breached") == []


async def test_a_missed_deadline_goes_to_the_next_the_head_and_the_pool_and_costs_the_first(hasty):
    head = await hasty.tenant.user("Head", role="head", team_id=str(hasty.team_id))
    owners = []
    with minutes(0):
        lead = await asked(hasty)
        owners.append(lead["owner_id"])
    for passed in (15, 30, 45):
        with minutes(passed):
            assert await watch(hasty) == 1
            lead = await hasty.lead(lead["id"])
            owners.append(lead["owner_id"])
            assert [one["id"] for one in await hasty.leads(overdue="true")] == [lead["id"]]
    assert owners[1] not in (None, owners[0])
    assert owners[2:] == [head["id"], None]
    assert (lead["status"], lead["team_id"]) == ("assigned", str(hasty.team_id))
    assert [one["owner_id"] for one in await told(hasty, "breached")] == owners[:3]
    assert [one["due_at"] for one in await told(hasty, "breached")] == [
        f"2026-06-01T09:{due}:00Z" for due in (15, 30, 45)
    ]
    with minutes(46):
        assert await give_out_waiting(hasty.tenant.core.db) == 1
        third = (await hasty.lead(lead["id"]))["owner_id"]
        assert third not in owners
    with minutes(50):
        await hasty.step(lead["id"], "start")
    fulfilled = {one["owner_id"]: one for one in await told(hasty, "fulfilled")}
    assert [fulfilled[owner]["lost_s"] for owner in (*owners[:3], third)] == [35 * 60, 0, 0, 0]
    assert [fulfilled[owner]["status"] for owner in (owners[0], third)] == ["late", "met"]
    with minutes(120):
        assert await watch(hasty) == 0
        assert await hasty.leads(overdue="true") == []


async def test_whoever_has_a_lead_that_nobody_else_can_take_keeps_it(sales):
    await expecting(sales, within_minutes=15, accept_within_s=60, then=["head"])
    with minutes(0):
        lead = await asked(sales)
    with minutes(1):
        assert [await watch(sales), await watch(sales)] == [1, 0]
        shown = await deadline(sales, lead)
        assert (shown["owner_id"], shown["breach"]) == (lead["owner_id"], "not_accepted")
        assert (await sales.lead(lead["id"]))["owner_id"] == lead["owner_id"]
    with minutes(3):
        await sales.step(lead["id"], "start")
        assert (await deadline(sales, lead))["lost_s"] == 120


async def test_who_gets_a_lead_by_hand_has_a_deadline_of_their_own_and_a_closed_lead_none(hasty):
    with minutes(0):
        lead = await asked(hasty)
        other = next(str(user) for user in hasty.managers if str(user) != lead["owner_id"])
    with minutes(5):
        await hasty.step(lead["id"], "assign", owner_id=other)
        shown = await deadline(hasty, lead)
        assert (shown["owner_id"], shown["due_at"]) == (other, "2026-06-01T09:20:00Z")
        assert (await hasty.lead(lead["id"]))["respond_by"] == lead["respond_by"]
        await hasty.step(lead["id"], "disqualify", reason="no_budget")
    with minutes(60):
        assert await watch(hasty) == 0
        assert (await deadline(hasty, lead))["status"] == "void"
    assert await told(hasty, "breached") == []


async def test_an_answer_before_the_worker_looks_is_late_all_the_same(hasty):
    with minutes(0):
        lead = await asked(hasty)
    with minutes(16):
        await hasty.step(lead["id"], "start")
        assert await watch(hasty) == 0
    [missed_one], [answered] = await told(hasty, "breached"), await told(hasty, "fulfilled")
    assert (missed_one["id"], answered["status"], answered["lost_s"]) == (answered["id"], "late", 60)


@pytest.mark.parametrize("killed", [False, True])
async def test_several_workers_and_dying_ones_find_each_breach_once(hasty, killed, monkeypatch):
    with minutes(0):
        await hasty.ask(*(inquiry(number, occurred_at=clock.now().isoformat()) for number in range(25)))
    with minutes(15):
        if killed:
            with monkeypatch.context() as patched:
                patched.setattr("crm_core.leads.overdue.store.store", _dies)
                with pytest.raises(ConnectionError):
                    await watch(hasty)
        await asyncio.gather(*(watch(hasty) for _ in range(3)))
        await watch(hasty)
    breached = await told(hasty, "breached")
    assert len({one["lead_id"] for one in breached}) == len(breached) == 25
    assert len(await hasty.events("lead.reassigned")) == 25
    owners = [lead["owner_id"] for lead in await hasty.leads()]
    assert max(map(owners.count, owners)) - min(map(owners.count, owners)) <= 4


async def _dies(*_: Any, **__: Any) -> None:
    raise ConnectionError
