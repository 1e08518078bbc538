"""A team as clients send and see it."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field

from crm_core.fields import Line, absent


class TeamCreate(BaseModel):
    """A new team; the first of a workspace is its default one whatever `is_default` says."""

    name: Annotated[Line, Field(examples=["Продажи"])]
    is_default: bool = False


class TeamPatch(BaseModel):
    """Merge patch: what is left out stays. The default team changes by making another one the default."""

    name: Line = Field(default_factory=absent, examples=["Продажи"])
    is_default: bool = Field(default_factory=absent, examples=[True])
    active: bool = Field(default_factory=absent, examples=[True])


class TeamOut(BaseModel):
    """A team."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Продажи"])
    is_default: bool
    active: bool
    created_at: Moment
    updated_at: Moment
