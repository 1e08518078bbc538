"""What the deal calls take and answer."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Currency, Moment, Money, Shape
from leadkit.contracts.events import DealStatus
from leadkit.proportions import wilson_interval
from pydantic import Field, PlainSerializer

from crm_core.deals.rules import Past, RateOf, is_rotting, line_total
from crm_core.deals.tables import Deal
from crm_core.pipelines.queries import StageInfo

Name = Annotated[str, Field(min_length=1, max_length=300, examples=["Office chairs, 40 pieces"])]
Note = Annotated[str, Field(max_length=10000)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100, examples=[["vip"]])]
Free = Annotated[dict[str, Any], Field(examples=[{}])]
Probability = Annotated[float, Field(ge=0, le=1, examples=[0.4])]
At = Annotated[Moment, Field(description="When it happened, if not now; needs the scope history:write")]
Worth = Annotated[Money, Field(examples=[{"amount": "150000.00", "currency": "RUB"}])]

Quantity = Annotated[
    Decimal,
    Field(gt=0, max_digits=12, decimal_places=3, examples=["2"]),
    PlainSerializer(str, return_type=str, when_used="json"),
]
Discount = Annotated[
    Decimal,
    Field(ge=0, le=100, max_digits=5, decimal_places=2, examples=["10"]),
    PlainSerializer(str, return_type=str, when_used="json"),
]

OWN = (
    "id", "version", "name", "lead_id", "contact_id", "company_id", "pipeline_id", "stage_id", "status", "probability",
    "owner_id", "team_id", "expected_close", "won_at", "lost_at", "loss_reason_id", "loss_note", "entered_stage_at",
    "next_step_at", "reached", "passages", "custom", "tags", "created_at", "updated_at",
)  # fmt: skip


class DealLine(Shape):
    """What is sold: a product, or something by name. A line takes from its product the name and price that it does not
    say itself; `discount` is per cent."""

    product_id: UUID | None = None
    name: Annotated[str, Field(min_length=1, max_length=300, examples=["Office chair"])] | None = None
    quantity: Quantity = Decimal(1)
    price: Worth | None = None
    discount: Discount = Decimal(0)


class DealLineOut(Shape):
    """A line of a deal; `total` is quantity times price, less the discount."""

    product_id: UUID | None
    name: str = Field(examples=["Office chair"])
    quantity: Quantity
    price: Worth
    discount: Discount
    total: Worth

    @classmethod
    def of(cls, line: Mapping[str, Any], currency: str) -> "DealLineOut":
        """The stored line as clients see it."""
        quantity, price, discount = (Decimal(line[name]) for name in ("quantity", "price", "discount"))
        return cls(
            product_id=line["product_id"],
            name=line["name"],
            quantity=quantity,
            price=Money(amount=price, currency=currency),
            discount=discount,
            total=Money(amount=line_total(quantity, price, discount), currency=currency),
        )


Lines = Annotated[list[DealLine], Field(max_length=200)]


class DealLines(Shape):
    """All lines of a deal, in order, in the workspace's currency."""

    lines: Lines


class DealOut(Shape):
    """A deal; `reached` and `passages` are keyed by stage id, `won` and `lost`."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Office chairs, 40 pieces"])
    lead_id: UUID | None
    contact_id: UUID | None
    company_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    status: DealStatus
    amount: Worth | None = Field(description="The sum of the lines, or without any what was set")
    lines: list[DealLineOut]
    probability: float = Field(examples=[0.4])
    owner_id: UUID | None
    team_id: UUID | None
    expected_close: date | None
    won_at: Moment | None
    lost_at: Moment | None
    loss_reason_id: UUID | None
    loss_note: str | None
    entered_stage_at: Moment
    next_step_at: Moment | None = Field(description="When the first open activity on it is due")
    rotting: bool = Field(examples=[False], description="Open and in its stage for longer than the stage allows")
    reached: dict[str, Moment]
    passages: dict[str, int]
    custom: dict[str, Any]
    tags: list[str]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, deal: Deal, stage: StageInfo, *, now: datetime) -> "DealOut":
        """The deal as clients see it at this moment."""
        kept = vars(deal)  # past the ORM, which a page asks some thousand times
        own = {field: kept[field] for field in OWN}
        return cls(
            **own,
            lines=[DealLineOut.of(line, deal.currency) for line in kept["lines"]],
            amount=None if deal.amount is None else Money(amount=deal.amount, currency=deal.currency),
            rotting=is_rotting(deal.status, deal.entered_stage_at, stage.rots_after_days, now=now),
        )


class DealCreate(Shape):
    """A deal to add: by default in the first stage of the default pipeline and owned by the caller. With lines
    its amount is their sum."""

    name: Name
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    company_id: UUID | None = None
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    amount: Worth | None = None
    lines: Lines = Field(default_factory=list)
    owner_id: UUID | None = None
    expected_close: date | None = None
    custom: Free = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)
    at: At | None = None


class DealPatch(Shape):
    """What of a deal is to change; `custom` is merged. Stages and ends are changed by their own calls."""

    name: Name | None = None
    contact_id: UUID | None = None
    company_id: UUID | None = None
    amount: Worth | None = None
    probability: Probability | None = None
    owner_id: UUID | None = None
    expected_close: date | None = None
    custom: Free | None = None
    tags: Tags | None = None


class DealMove(Shape):
    """The stage to enter; a stage of another pipeline takes the deal there."""

    stage_id: UUID = Field(examples=["0198f1d2-0000-7000-8000-000000000003"])
    note: Note | None = None
    at: At | None = None


class DealWin(Shape):
    """The amount it was won with, needed when the deal has none yet."""

    amount: Worth | None = None
    at: At | None = None


class DealLose(Shape):
    """Why it was lost: a reason of the catalogue by id or key, or in words (kept as the note of `other`)."""

    loss_reason_id: UUID | None = None
    reason: str | None = Field(default=None, min_length=1, max_length=300, examples=["too_expensive"])
    note: Note | None = None
    at: At | None = None


class DealReopen(Shape):
    """The stage to go on in, by default the one it was in."""

    stage_id: UUID | None = None
    note: Note | None = Field(default=None, examples=["They found the money"])
    at: At | None = None


class DealAssign(Shape):
    """The new owner."""

    owner_id: UUID = Field(examples=["0198f1d2-0000-7000-8000-000000000007"])
    at: At | None = None


class ForecastTotal(Shape):
    """Open deals in one currency: their worth, that times their probability, and that times the share of such deals
    that was won before."""

    currency: Currency
    deals: int = Field(examples=[12])
    amount: Money
    weighted: Money
    from_history: Money


class ForecastRow(ForecastTotal):
    """The same for those that are expected to close in one month (null: no date)."""

    month: str | None = Field(examples=["2026-11"])


class PastDeals(Shape):
    """Closed deals that were once in a stage, and how many of them were won: `interval` is the 95 % interval (Wilson)
    of that share; both are null without a deal."""

    won: int = Field(examples=[36])
    closed: int = Field(examples=[90])
    rate: float | None = Field(examples=[0.4])
    interval: tuple[float, float] | None = Field(examples=[[0.3051, 0.5031]])

    @classmethod
    def of(cls, past: Past) -> "PastDeals":
        """What was counted, with how sure it is."""
        interval = wilson_interval(past.won, past.closed)
        return cls(
            won=past.won,
            closed=past.closed,
            rate=round(past.won / past.closed, 4) if past.closed else None,
            interval=(round(interval[0], 4), round(interval[1], 4)) if interval else None,
        )


class WinRate(Shape):
    """What the forecast from history takes for the deals of an owner in a stage: `used` says whose share `rate` is, and
    `why` says the reason."""

    pipeline_id: UUID
    stage_id: UUID
    owner_id: UUID | None
    of_owner: PastDeals
    of_stage: PastDeals
    probability: float = Field(examples=[0.4])
    rate: float = Field(examples=[0.4])
    used: RateOf
    why: str = Field(examples=["90 deals that were in this stage are closed; the owner closed 4, fewer than 30"])


class Forecast(Shape):
    """What open deals may bring, by the month they are expected to close in, with the numbers it is made of: deals
    closed `since`, a share counting from `enough` of them on. The total is in the workspace's currency."""

    currency: Currency
    months: list[ForecastRow]
    deals: int = Field(examples=[12])
    amount: Money
    weighted: Money
    from_history: Money
    totals: list[ForecastTotal]
    rates: list[WinRate]
    since: Moment
    enough: int = Field(examples=[30])


class DealPassage(Shape):
    """One stay of a deal in a stage, or its end; `left_at` is null where it still is, and `seconds` counts to now."""

    stage_id: UUID
    stage: str = Field(examples=["Negotiation"])
    pipeline_id: UUID
    status: DealStatus
    entered_at: Moment
    left_at: Moment | None
    seconds: int = Field(examples=[86400])
    by: str
    note: str | None


class DealHistory(Shape):
    """A deal's way through its stages, oldest first, and how long it was open in each, by stage id."""

    items: list[DealPassage]
    seconds_in_stage: dict[UUID, int]
