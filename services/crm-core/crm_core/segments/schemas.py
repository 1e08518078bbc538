"""What `/v1/segments` takes and answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.fields import Line, absent

Entity = Literal["lead", "contact", "company", "deal"]
Filter = Annotated[
    dict[str, Any],
    Field(
        description="A condition: all, any, not, or a test of a field",
        examples=[{"all": [{"field": "kind", "op": "eq", "value": "client"}]}],
    ),
]


class SegmentCreate(Shape):
    """A segment to save."""

    name: Annotated[Line, Field(examples=["Regular clients"])]
    entity: Entity = "contact"
    filter: Filter


class SegmentPatch(Shape):
    """Merge patch: what is left out stays. A filter is replaced as a whole."""

    name: Line = Field(default_factory=absent)
    filter: Filter = Field(default_factory=absent)


class SegmentOut(Shape):
    """A segment; `count` is how many belong to it at this moment, of those that you may see (null in a list unless it
    was asked with `counts=true`)."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Regular clients"])
    entity: Entity
    filter: dict[str, Any]
    count: int | None = Field(examples=[117])
    created_by: str
    created_at: Moment
    updated_at: Moment
