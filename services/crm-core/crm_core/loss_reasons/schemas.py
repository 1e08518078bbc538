"""A loss reason as clients send and see it."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field

from crm_core.fields import Line, absent

Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,50}$", examples=["too_far_away"])]
Position = Annotated[int, Field(ge=0, le=10_000, examples=[10])]


class LossReasonCreate(BaseModel):
    """A new reason."""

    name: Annotated[Line, Field(examples=["Too far away"])]
    key: Key | None = Field(None, description="Stable name for integrations; default: made from the name")
    position: Position | None = Field(None, description="Where it stands in lists; default: last")


class LossReasonPatch(BaseModel):
    """Merge patch: what is left out stays. The key never changes."""

    name: Line = Field(default_factory=absent, examples=["Too far away"])
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent, examples=[True])


class LossReasonOut(BaseModel):
    """A reason; one that is not active is no longer offered and still names past losses."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    key: str = Field(examples=["too_far_away"])
    name: str = Field(examples=["Too far away"])
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment
