"""A custom field as clients send and see it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field, model_validator

from crm_core.custom_fields.rules import CHOOSING, TypeName
from crm_core.fields import Line, absent

Entity = Literal["lead", "contact", "company", "deal"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["delivery_date"])]
Position = Annotated[int, Field(ge=0, le=10_000, examples=[10])]
Choices = Annotated[list[Line], Field(max_length=500, examples=[["small", "large"]])]


class Names(Shape):
    """What it is called, in one language or both."""

    en: Line | None = Field(default=None, examples=["Delivery date"])
    ru: Line | None = Field(default=None, examples=["Дата доставки"])

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.en is None and self.ru is None:
            raise ValueError("a name in one language at least is needed")
        return self


class CustomFieldCreate(Shape):
    """A new field. A `personal` one (that is the default) never leaves in events; `required` is asked of cards that
    people and integrations add, not of those that inquiries begin."""

    entity: Entity
    key: Key
    name: Names
    type: TypeName
    choices: Choices = Field(default_factory=list)
    required: bool = False
    personal: bool = True
    position: Position | None = Field(None, description="Where it stands on the card; default: last")

    @model_validator(mode="after")
    def _choices_where_one_chooses(self) -> Self:
        if (self.type in CHOOSING) is not bool(self.choices):
            raise ValueError("choices are given for choice and multichoice, and only for them")
        return self


class CustomFieldPatch(Shape):
    """Merge patch: what is left out stays. Entity, key and type never change; a choice that is gone stays on the cards
    that have it."""

    name: Names = Field(default_factory=absent)
    choices: Choices = Field(default_factory=absent)
    required: bool = Field(default_factory=absent)
    personal: bool = Field(default_factory=absent)
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent, examples=[True])


class CustomFieldOut(Shape):
    """A field; cards have its value in `custom` under `key`, and lists take `custom.<key>` as filter and order."""

    id: UUID
    version: int = Field(examples=[1])
    entity: Entity
    key: str = Field(examples=["delivery_date"])
    name: Names
    type: TypeName
    choices: list[str]
    required: bool
    personal: bool
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment
