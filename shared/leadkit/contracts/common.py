"""Values that several contracts share: money, times, and the base of every shape."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["RUB"])]


class Shape(BaseModel):
    """Base of what is sent between services and to clients: what is absent is null, unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("the time needs an offset, such as Z or +03:00")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def written(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    in_utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return in_utc.isoformat()[:-6] + "Z"


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time with an offset, kept in UTC and so written as RFC 3339 with `Z`."""


def _amount_written(value: Decimal) -> str:
    return f"{value:.2f}"


Amount = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=2),
    PlainSerializer(_amount_written, return_type=str, when_used="json"),
]


class Money(Shape):
    """An amount in one currency; on the wire the amount is a decimal string, such as "1500.00"."""

    amount: Amount
    currency: Currency
