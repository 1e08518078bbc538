"""What the managers made of the leads: calls, offers, deals won and lost, each step at its time in the past."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

from deploy.local.api import Api, Conflict
from deploy.local.demo.campaigns import CAMPAIGNS

REFUSALS = ("no_contact", "not_interested", "too_expensive", "no_budget")
LOSSES = ("too_expensive", "competitor", "no_budget")
TYPICAL_AMOUNT = 65_000


class OutOfTime(Exception):
    """The next step would lie in the future: the lead or deal stays where it is, as some always do."""


class Work:
    """One manager's work on one lead. `quality` makes a sale likelier, as its campaign does."""

    def __init__(self, core: Api, lead: dict[str, Any], stages: Sequence[str], now: datetime) -> None:
        self._core = core
        self._lead = lead
        self._stages = stages
        self._now = now
        self._at = datetime.fromisoformat(lead["occurred_at"])
        self._random = Random(lead["id"])
        self._quality = _quality(lead)

    def until_done(self) -> None:
        """As far as it goes: refused, lost, won, or still being worked on today.

        A lead that an answered call of ours has begun since it was listed stays with whoever called."""
        with suppress(OutOfTime, Conflict):
            self._qualify()

    def _qualify(self) -> None:
        self._step("start", self._random.lognormvariate(-0.8, 1.1))
        if not self._likely(0.62):
            self._step("disqualify", self._random.uniform(2, 90), reason=self._random.choice(REFUSALS))
            return
        self._step("qualify", self._random.uniform(3, 70), need="заявка подтверждена", timeframe="в этом квартале")
        if self._likely(0.72):
            self._sell()

    def _sell(self) -> None:
        amount = {"amount": f"{self._worth():.2f}", "currency": "RUB"}
        self._lead = self._step("convert", self._random.uniform(4, 96), deal={"amount": amount})
        for stage in self._stages[1:]:
            if not self._likely(0.86):
                self._deal("lose", reason=self._random.choice(LOSSES))
                return
            self._deal("move", stage_id=stage)
        if self._likely(0.85):
            self._deal("win")

    def _step(self, name: str, hours_later: float, **body: object) -> dict[str, Any]:
        return self._core.post(f"/v1/leads/{self._lead['id']}/{name}", {**body, "at": self._later(hours_later)})

    def _deal(self, name: str, **body: object) -> None:
        at = self._later(self._random.uniform(12, 110))
        self._core.post(f"/v1/deals/{self._lead['deal_id']}/{name}", {**body, "at": at})

    def _later(self, hours: float) -> str:
        self._at += timedelta(hours=hours)
        if self._at >= self._now:
            raise OutOfTime
        return self._at.isoformat()

    def _likely(self, chance: float) -> bool:
        return self._random.random() < 1.0 - float((1.0 - chance) ** self._quality)

    def _worth(self) -> float:
        return round(self._random.lognormvariate(0, 0.6) * TYPICAL_AMOUNT, -2)


def _quality(lead: dict[str, Any]) -> float:
    touch = lead["attribution"]["last"] or {}
    known = {(campaign.source, campaign.medium, campaign.name): campaign.quality for campaign in CAMPAIGNS}
    return known.get((touch.get("source"), touch.get("medium"), touch.get("campaign")), 1.0)
