"""What the calls of the conversion mapping take and answer."""

from typing import Annotated

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.conversion_mapping.rules import Entity

FieldName = Annotated[str, Field(min_length=1, max_length=120)]


class MappingPair(Shape):
    """A field of the lead, `custom.<key>` or `answers.<key>`, and the field, or `custom.<key>`, that it becomes."""

    lead_field: FieldName = Field(examples=["custom.area"])
    entity: Entity = Field(examples=["deal"])
    field: FieldName = Field(examples=["custom.area"])


class MappingPut(Shape):
    """All pairs in order: where several name one target, the first that is filled counts, and tags are gathered. With
    `same_keys` custom fields that a lead and what it becomes both have under one key are carried over too."""

    pairs: Annotated[list[MappingPair], Field(max_length=300)]
    same_keys: bool = True


class MappingOut(Shape):
    """What of a lead becomes what when it is converted; version 0 is how every workspace begins. Names and addresses of
    a person always become the contact's. What is known of a contact or company already is never replaced."""

    version: int = Field(examples=[1])
    pairs: list[MappingPair]
    same_keys: bool
    updated_at: Moment | None
