"""What is told about spend, and what is answered."""

from datetime import date
from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Amount, Currency, Moment, Money, Shape
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
MOST_ITEMS = 5_000


def _absent_if_empty(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if isinstance(value, str) and not value.strip() else value


def storable(value: str) -> str:
    """The text, if PostgreSQL can hold it; raises `ValueError`."""
    if "\0" in value:
        raise ValueError("cannot hold the character NUL")
    value.encode()
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(storable)]
Optional = Annotated[Text | None, BeforeValidator(_absent_if_empty)]


class SpendAmount(BaseModel):
    """Money spent, never below nothing; in another currency than the workspace's it counts once there is a rate."""

    amount: Annotated[Amount, Field(ge=0, examples=["1500.00"])]
    currency: Currency


class SpendItem(BaseModel):
    """What one source, campaign, ad or word cost on one local day; ids as the ad platform writes them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "date": "2026-11-20",
                    "source": "yandex",
                    "medium": "cpc",
                    "campaign": "brand",
                    "campaign_id": "10012345",
                    "amount": {"amount": "1500.00", "currency": "RUB"},
                    "clicks": 120,
                    "vat_included": True,
                }
            ]
        }
    )

    date: Annotated[date, Field(ge=EARLIEST, le=LATEST)]
    source: Annotated[Text, BeforeValidator(_absent_if_empty)]
    medium: Optional = None
    campaign: Optional = None
    campaign_id: Optional = None
    adgroup_id: Optional = None
    ad_id: Optional = None
    content: Optional = None
    term: Optional = None
    amount: SpendAmount
    impressions: Annotated[int | None, Field(ge=0, lt=2**53)] = None
    clicks: Annotated[int | None, Field(ge=0, lt=2**53)] = None
    vat_included: bool | None = None


class SpendPost(BaseModel):
    """Spend of some days. `replace`: the named sources have nothing else on these days; other units are withdrawn."""

    items: Annotated[list[SpendItem], Field(min_length=1, max_length=MOST_ITEMS)]
    replace: bool = False
    origin: Annotated[
        Text, Field(description="Who tells: units of different origins stand beside each other", examples=["api"])
    ] = "api"


class SpendUnits(Shape):
    """How many units the post touched, and how."""

    created: int
    replaced: int
    unchanged: int
    withdrawn: int


class SpendChange(Shape):
    """A unit whose amount or lines are no longer what they were."""

    change: Annotated[str, Field(examples=["replaced"], description="created, replaced or withdrawn")]
    date: date
    source: str
    medium: str | None
    campaign: str | None
    campaign_id: str | None
    version: int
    before: Money
    after: Money


class SpendPosted(Shape):
    """What the post changed: `before` and `after` sum over all units it touched, in the workspace's currency."""

    origin: str
    items: int
    units: SpendUnits
    before: Money
    after: Money
    left_out: list[Money] = Field(description="No exchange rate is known for it yet, so it is in no number")
    changes: list[SpendChange]


class SpendOut(Shape):
    """One stored line; `current` false: a later version of its unit stands in its place."""

    id: UUID
    version: int
    current: bool
    origin: str
    date: date
    source: str
    medium: str | None
    campaign: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    content: str | None
    term: str | None
    amount: Money
    impressions: int | None
    clicks: int | None
    vat_included: bool | None
    recorded_at: Moment
