"""What is told and answered about visits."""

from datetime import date
from typing import Annotated

from leadkit.contracts.common import Moment, Shape
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from analytics.spend.schemas import EARLIEST, LATEST, Optional, storable

MOST_ITEMS = 5_000
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(storable)]


def _without_query(address: str | None) -> str | None:
    return (address.partition("#")[0].partition("?")[0] or None) if address else None


class TrafficItem(BaseModel):
    """The visits of one local day under the names that the links had, as leads have them."""

    date: Annotated[date, Field(ge=EARLIEST, le=LATEST, examples=["2026-11-20"])]
    source: Annotated[Optional, Field(examples=["yandex"])] = None
    medium: Optional = None
    campaign: Optional = None
    content: Optional = None
    term: Optional = None
    campaign_id: Optional = None
    adgroup_id: Optional = None
    ad_id: Optional = None
    channel_group: Optional = None
    landing_page: Annotated[Address | None, AfterValidator(_without_query)] = None
    visits: Annotated[int, Field(ge=0, lt=2**40, examples=[1200])]


class TrafficPost(BaseModel):
    """Visits of some days; told again under the same keys they take the place of what was told before."""

    items: Annotated[list[TrafficItem], Field(min_length=1, max_length=MOST_ITEMS)]


class TrafficPosted(Shape):
    """How many combinations of day and keys are new, changed, or were known already."""

    items: int = Field(examples=[2])
    created: int
    changed: int
    unchanged: int


class TrafficOut(Shape):
    """The visits of a day under one combination of keys."""

    date: date
    source: str | None = Field(examples=["yandex"])
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    channel_group: str | None
    landing_page: str | None
    visits: int
    recorded_at: Moment
