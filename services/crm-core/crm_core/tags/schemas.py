"""What `/v1/tags` takes and answers."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Shape
from pydantic import Field

from crm_core.fields import absent

Word = Annotated[str, Field(min_length=1, max_length=100, examples=["vip"])]
Color = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", examples=["#d43f3a"])]


class TagCounts(Shape):
    """On how many cards it is, of those that you may see."""

    lead: int = Field(examples=[12])
    contact: int = Field(examples=[3])
    company: int = Field(examples=[0])
    deal: int = Field(examples=[1])


class TagOut(Shape):
    """A tag of the catalogue, or (without `id`) one that is only in use."""

    id: UUID | None
    version: int | None = Field(examples=[1])
    name: str = Field(examples=["vip"])
    color: str | None = Field(examples=["#d43f3a"])
    counts: TagCounts


class TagCreate(Shape):
    """A tag for the catalogue."""

    name: Word
    color: Color | None = None


class TagPatch(Shape):
    """Merge patch: what is left out stays. A new name is put on every card that has the old one."""

    name: Word = Field(default_factory=absent)
    color: Color | None = None


class TagMerge(Shape):
    """Tags that are to become one; whichever of them the catalogue has go, but for `into`."""

    names: Annotated[list[Word], Field(min_length=1, max_length=100, examples=[["VIP", "v.i.p."]])]
    into: Word


class TagsMerged(Shape):
    """How many cards were changed."""

    changed: TagCounts
