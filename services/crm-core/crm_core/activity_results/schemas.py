"""A result of activities as clients send and see it."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.activities.rules import Kind
from crm_core.custom_fields.schemas import Names
from crm_core.fields import absent

Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,50}$", examples=["asked_for_offer"])]
Position = Annotated[int, Field(ge=0, le=10_000, examples=[10])]


class ActivityResultCreate(Shape):
    """A new result of one kind of activity."""

    kind: Kind
    name: Names
    key: Key | None = Field(None, description="What activities keep; default: made from the English name")
    position: Position | None = Field(None, description="Where it stands in lists; default: last")


class ActivityResultPatch(Shape):
    """Merge patch: what is left out stays. Kind and key never change."""

    name: Names = Field(default_factory=absent)
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent, examples=[True])


class ActivityResultOut(Shape):
    """A result; one that is not active is no longer offered and still names what came of activities."""

    id: UUID
    version: int = Field(examples=[1])
    kind: Kind
    key: str = Field(examples=["asked_for_offer"])
    name: Names
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment
