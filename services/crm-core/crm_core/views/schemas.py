"""What `/v1/views` takes and answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.fields import Line, absent

Entity = Literal["lead", "contact", "company", "deal", "activity"]
Sharing = Literal["nobody", "team", "all"]
Sort = Annotated[str, Field(max_length=50, examples=["-created_at"])]
Search = Annotated[str, Field(max_length=200, examples=["Ромашка"])]
Columns = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)]
Filter = Annotated[
    dict[str, Any] | None,
    Field(
        description="A condition: all, any, not, or a test of a field",
        examples=[{"all": [{"field": "status", "op": "in", "value": ["new", "assigned"]}]}],
    ),
]


class ViewCreate(Shape):
    """A view to save; `team` shares it with the caller's own team."""

    name: Line
    entity: Entity = Field(examples=["lead"])
    filter: Filter = None
    q: Search | None = None
    sort: Sort | None = None
    columns: Columns = Field(default_factory=list, examples=[["person.full_name", "status"]])
    shared: Sharing = "nobody"


class ViewPatch(Shape):
    """Merge patch: what is left out stays. A filter is replaced as a whole."""

    name: Line = Field(default_factory=absent)
    filter: Filter = None
    q: Search | None = None
    sort: Sort | None = None
    columns: Columns = Field(default_factory=absent)
    shared: Sharing = Field(default_factory=absent)


class ViewOut(Shape):
    """A saved view; `mine`: the caller saved it and may change it."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Hot leads of this week"])
    entity: Entity
    filter: dict[str, Any] | None
    q: str | None
    sort: str | None
    columns: list[str]
    shared: Sharing
    team_id: UUID | None
    mine: bool
    created_by: str
    created_at: Moment
    updated_at: Moment
