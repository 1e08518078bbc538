"""Leads, contacts and deals driven through the API by a machine, one step after another and several at once, against a
small model of what must come out."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from crm_core.leads.rules import TRANSITIONS, allowed, target_of, transition
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule, run_state_machine_as_test

from tests.crm_core.conftest import Sales

BODIES: dict[str, dict[str, Any]] = {
    "postpone": {"until": "2099-01-01T00:00:00Z"},
    "disqualify": {"reason": "too expensive"},
    "convert": {"deal": {"name": "Chairs"}},
}
STEPS = [one.name for one in TRANSITIONS if one.name != "merge"]
ENDS = {"win": "won", "lose": "lost", "reopen": "open"}


@dataclass(frozen=True)
class Model:
    """What must be true of a lead."""

    id: str
    status: str
    owned: bool
    entered: dict[str, int] = field(default_factory=dict)

    def after(self, step: str) -> "Model | None":
        """The lead after a step; None where the status forbids it."""
        if step not in allowed(self.status):
            return None
        target = target_of(transition(step), self.status, reached=self.entered, owned=self.owned)  # type: ignore[arg-type]
        entered = dict(self.entered)
        if target != self.status:
            entered[target] = entered.get(target, 0) + 1
        return replace(self, status=target, owned=self.owned or step == "assign", entered=entered)


def in_order(lead: Model, steps: tuple[str, ...]) -> tuple[Model, dict[str, bool]]:
    """The lead after these steps one after another, and which of them were taken."""
    taken = {}
    for step in steps:
        following = lead.after(step)
        taken[step] = following is not None
        lead = following or lead
    return lead, taken


class Life(RuleBasedStateMachine):
    """One workspace, used by everything that this machine thinks of."""

    leads = Bundle("leads")
    deals = Bundle("deals")
    sales: Sales
    team: str
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Model] = {}
        self.deal_status: dict[str, str] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def post(self, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
        async with self.sales.tenant.client_as() as admin:
            return await asyncio.gather(*(admin.post(path, json=body) for path, body in calls))

    def body(self, step: str) -> dict[str, Any]:
        return {"owner_id": str(self.sales.managers[0])} if step == "assign" else BODIES.get(step, {})

    def check(self, lead: Model) -> None:
        seen = self.run(self.sales.lead(lead.id))
        assert (seen["status"], seen["passages"]) == (lead.status, lead.entered)
        assert set(seen["reached"]) == set(lead.entered)
        assert seen["allowed"] == allowed(lead.status)
        assert (seen["deal_id"] is not None) is (lead.status == "converted")
        self.known[lead.id] = lead

    @rule(target=leads, number=st.integers(0, 3))
    def ask(self, number: int) -> str:
        card = {"person": {"full_name": f"Person {number}"}, "team_id": self.team}
        lead = self.run(self.sales.add(**card))
        self.check(Model(lead["id"], "new", False, {"new": 1}))
        return str(lead["id"])

    @rule(target=deals, lead_id=leads, step=st.sampled_from(STEPS))
    def take(self, lead_id: str, step: str) -> Any:
        before = self.known[lead_id]
        [answer] = self.run(self.post((f"/v1/leads/{lead_id}/{step}", self.body(step))))
        after = before.after(step)
        assert answer.status_code == (409 if after is None else 200), answer.text
        if after is None:
            assert answer.json()["allowed"] == allowed(before.status)
        self.check(after or before)
        if step != "convert" or after is None:
            return multiple()
        deal_id, contact_id = answer.json()["deal_id"], answer.json()["contact_id"]
        contact = self.run(self.get(f"/v1/contacts/{contact_id}"))
        assert (contact["lead_ids"], contact["deal_ids"]) == ([lead_id], [deal_id])
        self.deal_status[deal_id] = "open"
        return deal_id

    async def get(self, path: str) -> Any:
        async with self.sales.tenant.client_as() as admin:
            return (await admin.get(path)).raise_for_status().json()

    @rule(lead_id=leads, steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=3, unique=True))
    def race(self, lead_id: str, steps: list[str]) -> None:
        before = self.known[lead_id]
        calls = [(f"/v1/leads/{lead_id}/{step}", self.body(step)) for step in steps]
        answers = self.run(self.post(*calls))
        taken = {step: answer.status_code == 200 for step, answer in zip(steps, answers, strict=True)}
        assert {answer.status_code for answer in answers} <= {200, 409}
        seen = self.run(self.sales.lead(lead_id))
        possible = [
            after for order in permutations(steps) for after, took in [in_order(before, order)] if took == taken
        ]
        [found] = [one for one in possible if (one.status, one.entered) == (seen["status"], seen["passages"])][:1]
        self.check(found)

    @rule(target=leads, gone_id=consumes(leads), into_id=leads, undone=st.booleans())
    def merge(self, gone_id: str, into_id: str, undone: bool) -> Any:
        if gone_id == into_id or "converted" in (self.known[gone_id].status, self.known[into_id].status):
            return gone_id
        [answer] = self.run(self.post((f"/v1/leads/{gone_id}/merge", {"into": into_id})))
        assert answer.status_code == 200, answer.text
        self.check(self.known[into_id])
        if not undone:
            return multiple()
        merge_id = answer.json()["merge"]["id"]
        assert {one.status_code for one in self.run(self.post(*[(f"/v1/merges/{merge_id}/undo", {})] * 2))} == {
            200,
            409,
        }
        self.check(self.known[gone_id])
        self.check(self.known[into_id])
        return gone_id

    @rule(deal_id=deals, end=st.sampled_from(list(ENDS)))
    def close(self, deal_id: str, end: str) -> None:
        bodies: dict[str, dict[str, Any]] = {
            "win": {"amount": {"amount": "10.00", "currency": "RUB"}},
            "lose": {"reason": "too expensive"},
        }
        body = bodies.get(end, {})
        [answer] = self.run(self.post((f"/v1/deals/{deal_id}/{end}", body)))
        open_now = self.deal_status[deal_id] == "open"
        possible = open_now is (end != "reopen")
        assert answer.status_code == (200 if possible else 409), answer.text
        if possible:
            self.deal_status[deal_id] = ENDS[end]
        assert self.run(self.get(f"/v1/deals/{deal_id}"))["status"] == self.deal_status[deal_id]


async def test_whatever_happens_in_whatever_order_comes_out_as_the_model_says(sales: Sales) -> None:
    Life.sales, Life.loop = sales, asyncio.get_running_loop()
    Life.team = (await sales.tenant.team("Nobody yet"))["id"]
    modest = settings(
        max_examples=8,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
    await asyncio.to_thread(run_state_machine_as_test, Life, settings=modest)
