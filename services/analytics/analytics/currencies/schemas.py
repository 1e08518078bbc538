"""What is told and answered about exchange rates."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from leadkit.contracts.common import Currency, Moment, Shape
from pydantic import BaseModel, Field, PlainSerializer

EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
MOST_ITEMS = 5_000

Rate = Annotated[
    Decimal,
    Field(gt=0, max_digits=20, decimal_places=10, examples=["92.5013"]),
    PlainSerializer(lambda rate: f"{rate.normalize():f}", return_type=str, when_used="json"),
]


class RateItem(BaseModel):
    """From this day on one unit of `currency` is worth `rate` of `base`, by default the workspace's currency."""

    date: Annotated[date, Field(ge=EARLIEST, le=LATEST, examples=["2026-11-20"])]
    currency: Annotated[Currency, Field(examples=["USD"])]
    rate: Rate
    base: Currency | None = None


class RatesPost(BaseModel):
    """Rates of some days; one told again takes the place of the one before."""

    items: Annotated[list[RateItem], Field(min_length=1, max_length=MOST_ITEMS)]


class RatesPosted(Shape):
    """How many rates are new, changed, or were known already."""

    items: int = Field(examples=[2])
    created: int
    changed: int
    unchanged: int


class RateOut(Shape):
    """One rate as it counts now."""

    date: date
    currency: str
    base: str
    rate: Rate
    recorded_at: Moment
