"""What `/v1/unmatched-addresses` takes and answers."""

from typing import Annotated, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.contacts.points import Kind
from crm_core.fields import Line

Reason = Literal["own", "blocked", "shared"]
Value = Annotated[Line, Field(examples=["+74951234567"])]


class UnmatchedAddressCreate(Shape):
    """An address that must never match. A phone in any spelling, an e-mail address, or `network:id` of a messenger."""

    kind: Kind
    value: Value
    reason: Reason = Field(default="own", examples=["own"], description="own, blocked, or shared by many people")
    note: Line | None = None


class UnmatchedAddressOut(Shape):
    """An address that never matches, in the form in which it is compared."""

    id: UUID
    kind: Kind
    value: str = Field(examples=["+74951234567"])
    reason: Reason
    note: str | None
    created_by: str
    created_at: Moment
