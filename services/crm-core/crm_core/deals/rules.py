"""What may be done with a deal: which action in which state, and which stage may be entered with what filled in.

A new rule about stages is one function here and its name in `STAGE_RULES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from leadkit.contracts.events import DealStatus

Action = Literal["move", "win", "lose", "reopen", "assign"]

ALLOWED: dict[str, tuple[Action, ...]] = {
    "open": ("move", "win", "lose", "assign"),
    "won": ("reopen", "assign"),
    "lost": ("reopen", "assign"),
}
"""Which actions a deal allows in each state; the API's 409 answers, the docs and the tests read this."""

CENT = Decimal("0.01")

OUTCOMES: dict[Action, DealStatus] = {"move": "open", "win": "won", "lose": "lost", "reopen": "open"}
"""In which status each step leaves the deal."""


@dataclass(frozen=True, kw_only=True)
class DealFacts:
    """A deal as it would be after the change that is asked for."""

    amount: Decimal | None = None
    contact_id: UUID | None = None
    company_id: UUID | None = None
    expected_close: date | None = None
    owner_id: UUID | None = None
    custom: Mapping[str, Any] | None = None
    loss_reason_id: UUID | None = None
    loss_reason_key: str | None = None
    loss_note: str | None = None


@dataclass(frozen=True, kw_only=True)
class StageFacts:
    """A stage, or one of the two ends (`outcome` won or lost), as rules see it. A new deal has left none."""

    id: UUID
    outcome: DealStatus = "open"
    required_fields: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """Why a stage may not be entered: the field that is wrong or missing, and what about it."""

    pointer: str
    detail: str


StageRule = Callable[[DealFacts, StageFacts | None, StageFacts], Refusal | None]


def required_fields_are_filled(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """A stage may ask for fields, such as the amount before a proposal."""
    for field in entered.required_fields:
        if _value(deal, field) in (None, "", [], {}):
            return Refusal("/" + field.replace(".", "/"), "must be filled before this stage")
    return None


def won_deal_has_an_amount(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Revenue is summed over won deals, so none may lack an amount."""
    if entered.outcome == "won" and deal.amount is None:
        return Refusal("/amount", "a won deal needs an amount")
    return None


def lost_deal_has_a_reason(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Why deals are lost is what a funnel is read for."""
    if entered.outcome == "lost" and deal.loss_reason_id is None:
        return Refusal("/loss_reason_id", "a lost deal needs a reason")
    return None


def other_reason_is_explained(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """The reason `other` says nothing without a note."""
    if entered.outcome == "lost" and deal.loss_reason_key == "other" and not (deal.loss_note or "").strip():
        return Refusal("/note", "the reason other needs a note")
    return None


STAGE_RULES: tuple[StageRule, ...] = (
    required_fields_are_filled,
    won_deal_has_an_amount,
    lost_deal_has_a_reason,
    other_reason_is_explained,
)


def refusals(deal: DealFacts, left: StageFacts | None, entered: StageFacts) -> list[Refusal]:
    """What all stage rules say against the step."""
    return [refusal for rule in STAGE_RULES if (refusal := rule(deal, left, entered)) is not None]


def _value(deal: DealFacts, field: str) -> Any:
    name, _, key = field.partition(".")
    return (deal.custom or {}).get(key) if name == "custom" else getattr(deal, name, None)


def is_rotting(status: str, entered_stage_at: datetime, rots_after_days: int | None, *, now: datetime) -> bool:
    """Whether an open deal has been in its stage for longer than the stage allows."""
    if status != "open" or rots_after_days is None:
        return False
    return now - entered_stage_at > timedelta(days=rots_after_days)


def probability_of(status: DealStatus, of_stage: float) -> float:
    """How likely the deal is to be won: its stage's share while open, then certain."""
    return {"open": of_stage, "won": 1.0, "lost": 0.0}[status]


def line_total(quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """What a line costs, rounded half up to the cent; the discount is per cent."""
    return (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP)


def passage_key(status: DealStatus, stage_id: UUID) -> str:
    """Under what `reached` and `passages` note an entry: the stage's id, or the end."""
    return str(stage_id) if status == "open" else status
