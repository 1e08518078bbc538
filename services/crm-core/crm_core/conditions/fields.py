"""The fields that conditions of one entity may ask about: each slice has one such table, and everything that filters
reads it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from crm_core.conditions.kinds import KINDS, Kind, KindName


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field. `choices` are the values there are; `parameter` is what it is called as a parameter of a list, unless
    that follows from its name (None: by its name; empty: it is no parameter)."""

    name: str
    kind: KindName
    meaning: str = ""
    choices: tuple[str, ...] = ()
    parameter: str | None = None

    @property
    def of_kind(self) -> Kind:
        """What the kind knows."""
        return KINDS[self.kind]


class Fields:
    """The fields of an entity by name."""

    def __init__(self, entity: str, *fields: Field) -> None:
        self.entity = entity
        self._by_name: Mapping[str, Field] = {field.name: field for field in fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Field | None:
        """The field, if there is one of this name."""
        return self._by_name.get(name)

    def and_more(self, *fields: Field) -> Self:
        """With further ones, such as the custom fields of a workspace."""
        return type(self)(self.entity, *self, *fields) if fields else self
