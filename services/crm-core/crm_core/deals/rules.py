"""What may be done with a deal: which action in which state, and which stage may be entered with what filled in.

A new rule about stages is one function here and its name in `STAGE_RULES`.
"""

from collections.abc import Callable, Mapping, Sequence
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
ENOUGH = 30
"""From so many closed deals on their share is taken for a rate."""

RateOf = Literal["owner", "stage", "probability"]

EMPTY: tuple[Any, ...] = (None, "", [], {}, ())

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
    lines: Sequence[Mapping[str, Any]] = ()
    loss_reason_id: UUID | None = None
    loss_reason_key: str | None = None
    loss_note: str | None = None


@dataclass(frozen=True, kw_only=True)
class StageFacts:
    """A stage, or one of the two ends (`outcome` won or lost), as rules see it. A new deal has left none. How its
    pipeline is gone through, and from which probability on an amount is needed, is the pipeline's to say."""

    id: UUID
    pipeline_id: UUID | None = None
    position: int = 0
    probability: float = 0
    archived: bool = False
    may_skip: bool = True
    may_go_back: bool = True
    amount_needed_from: float | None = None
    outcome: DealStatus = "open"
    required_fields: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """Why a stage may not be entered: the fields that are wrong or missing, and what about them."""

    pointers: tuple[str, ...]
    detail: str


StageRule = Callable[[DealFacts, StageFacts | None, StageFacts], Refusal | None]


def required_fields_are_filled(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """A stage may ask for fields, such as the amount before a proposal."""
    missing = [field for field in entered.required_fields if _value(deal, field) in EMPTY]
    pointers = tuple("/" + field.replace(".", "/") for field in missing)
    return Refusal(pointers, "must be filled before this stage") if pointers else None


def stage_is_offered(_deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Nothing goes on in a stage that is archived; what ended there stays."""
    if entered.outcome == "open" and entered.archived:
        return Refusal(("/stage_id",), "is a stage that is archived; name another one")
    return None


def order_is_kept(_deal: DealFacts, left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """A pipeline may forbid to go back, or to leave stages out."""
    if left is None or entered.outcome != "open" or left.archived or left.pipeline_id != entered.pipeline_id:
        return None
    if entered.position < left.position and not entered.may_go_back:
        return Refusal(("/stage_id",), "lies before the present stage, and deals of this pipeline never go back")
    if entered.position > left.position + 1 and not entered.may_skip:
        return Refusal(("/stage_id",), "is not the next stage, and deals of this pipeline leave none out")
    return None


def likely_deal_has_an_amount(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Before a deal is about to close a pipeline may want to know what it is worth, else no forecast is worth much."""
    if entered.outcome != "open" or entered.amount_needed_from is None or deal.amount is not None:
        return None
    if entered.probability >= entered.amount_needed_from and "amount" not in entered.required_fields:
        return Refusal(("/amount",), "a deal this likely to be won needs an amount")
    return None


def won_deal_has_an_amount(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Revenue is summed over won deals, so none may lack an amount."""
    if entered.outcome == "won" and deal.amount is None:
        return Refusal(("/amount",), "a won deal needs an amount")
    return None


def lost_deal_has_a_reason(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """Why deals are lost is what a funnel is read for."""
    if entered.outcome == "lost" and deal.loss_reason_id is None:
        return Refusal(("/loss_reason_id",), "a lost deal needs a reason")
    return None


def other_reason_is_explained(deal: DealFacts, _left: StageFacts | None, entered: StageFacts) -> Refusal | None:
    """The reason `other` says nothing without a note."""
    if entered.outcome == "lost" and deal.loss_reason_key == "other" and not (deal.loss_note or "").strip():
        return Refusal(("/note",), "the reason other needs a note")
    return None


STAGE_RULES: tuple[StageRule, ...] = (
    stage_is_offered,
    order_is_kept,
    required_fields_are_filled,
    likely_deal_has_an_amount,
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


class Past(NamedTuple):
    """How many deals of the past were won, of how many that were closed."""

    won: int
    closed: int


class RateUsed(NamedTuple):
    """The share of deals that a forecast takes to be won, whose share that is, and why that one."""

    rate: float
    used: RateOf
    why: str


def rate_used(of_owner: Past, of_stage: Past, probability: float) -> RateUsed:
    """The share of the owner's deals that were once in the stage, else of everybody's, as soon as `ENOUGH` are closed;
    else the stage's probability, since the share of a few deals says little."""
    if of_owner.closed >= ENOUGH:
        return RateUsed(_share(of_owner), "owner", f"the owner closed {of_owner.closed} deals that were in this stage")
    few = f"the owner closed {of_owner.closed}, fewer than {ENOUGH}"
    if of_stage.closed >= ENOUGH:
        return RateUsed(_share(of_stage), "stage", f"{of_stage.closed} deals that were in this stage are closed; {few}")
    return RateUsed(
        probability, "probability", f"{of_stage.closed} deals that were in this stage are closed, fewer than {ENOUGH}"
    )


def _share(past: Past) -> float:
    return round(past.won / past.closed, 4)
