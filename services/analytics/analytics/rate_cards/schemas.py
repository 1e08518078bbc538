"""What `/v1/rate-cards` takes and answers."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Money, Shape
from pydantic import AfterValidator, Field

from analytics.spend.schemas import EARLIEST, LATEST, Optional, Text

MOST_DAYS = 3650
Pays = Literal["lead", "qualified", "won"]
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


def _not_negative(price: Money) -> Money:
    if price.amount < Decimal(0):
        raise ValueError("is not less than nothing")
    return price


Price = Annotated[Money, AfterValidator(_not_negative)]


class RateRules(Shape):
    """What a lead must keep to be paid; a rule that is null or empty does not stand.

    Analytics knows loss reasons by their ids: those named are what crm-core's managers close such leads with.
    """

    unique_within_days: int | None = Field(
        None, ge=1, le=MOST_DAYS, examples=[30], description="No other lead of the same person in so many days before"
    )
    regions: list[Text] = Field(
        default_factory=list, max_length=500, examples=[["RU-MOW"]], description="A lead without a region passes"
    )
    unreachable_for: list[UUID] = Field(
        default_factory=list, max_length=50, description="Loss reasons that say the person could not be reached"
    )
    spam_for: list[UUID] = Field(
        default_factory=list, max_length=50, description="Loss reasons that say the lead was none"
    )


class RateCardCreate(Shape):
    """A price for each lead, qualified lead or won lead of a source; where several match, the most exact one counts."""

    supplier: Text = Field(examples=["Lead Exchange"])
    pays: Pays = Field("lead", description="For each lead, each qualified or each won one, once a lead")
    price: Price
    source: Text = Field(examples=["exchange"])
    medium: Optional = Field(None, examples=["cpa"], description="null: any")
    campaign: Optional = None
    valid_from: Day = Field(examples=["2026-11-01"])
    valid_to: Day | None = Field(None, description="First local day on which it does not count any more")
    rules: RateRules = Field(default_factory=RateRules)
    return_days: int = Field(14, ge=0, le=MOST_DAYS, description="How long after it a lead may be disputed")


class RateCardPatch(Shape):
    """Merge patch: what is left out stays, `rules` are replaced as a whole. What was owed is worked out anew."""

    supplier: Text = Field(default_factory=str)
    price: Price = Field(default_factory=lambda: Money(amount=Decimal(0), currency="RUB"))
    medium: Optional = None
    campaign: Optional = None
    valid_from: Day = Field(default_factory=lambda: EARLIEST)
    valid_to: Day | None = None
    rules: RateRules = Field(default_factory=RateRules)
    return_days: int = Field(default_factory=int, ge=0, le=MOST_DAYS)


class RateCardOut(Shape):
    """A rate card as it counts now."""

    id: UUID
    version: int = Field(examples=[1])
    supplier: str
    pays: Pays
    price: Money
    source: str
    medium: str | None
    campaign: str | None
    valid_from: date
    valid_to: date | None
    rules: RateRules
    return_days: int
    created_at: Moment
    updated_at: Moment
