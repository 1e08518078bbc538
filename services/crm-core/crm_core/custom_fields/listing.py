"""Custom fields in lists: each can be asked about, and most can be ordered by, as `custom.<key>`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Double, Numeric, Text, Uuid, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from crm_core.conditions.fields import Field
from crm_core.conditions.kinds import KindName
from crm_core.conditions.sql import Column, Member
from crm_core.custom_fields.queries import fields_of
from crm_core.custom_fields.rules import TYPES, FieldInfo, TypeName
from crm_core.finding.listing import Listing

LONGEST_SORTED = 200


def asked_about(fields: Iterable[FieldInfo]) -> list[Field]:
    """The fields as conditions know them."""
    return [Field(name=one.name, kind=TYPES[one.type].kind, choices=tuple(one.choices)) for one in fields]


def with_fields(listing: Listing, fields: Mapping[str, FieldInfo]) -> Listing:
    """The list with these custom fields."""
    if listing.custom is None or not fields:
        return listing
    members = {one.name: _member(listing.custom, one) for one in fields.values()}
    sorts = {
        one.name: AFTER_ALL[TYPES[one.type].kind](members[one.name].value)
        for one in fields.values()
        if TYPES[one.type].sorts
    }
    return replace(
        listing,
        fields=listing.fields.and_more(*asked_about(fields.values())),
        columns={**listing.columns, **members},
        sorts={**listing.sorts, **sorts},
        leaky_sorts=listing.leaky_sorts | sorts.keys(),
        computed=listing.computed | members.keys(),
    )


async def with_custom_fields(session: AsyncSession, workspace_id: UUID, listing: Listing) -> Listing:
    """The list with all custom fields of its entity."""
    if listing.custom is None:
        return listing
    return with_fields(listing, await fields_of(session, workspace_id, listing.entity))


def _member(custom: Column, field: FieldInfo) -> Member:
    return Member(custom, field.key, READ[field.type](custom, field.key), plain=field.type != "money")


def _text(custom: Column, key: str) -> Column:
    text: Column = custom[key].astext
    return text


def _number(custom: Column, key: str) -> Column:
    """What was stored before the field was defined may be of any kind, and counts as absent."""
    return case((func.jsonb_typeof(custom[key]) == "number", cast(custom[key].astext, Double)))


def _written(kind: TypeEngine[Any], name: str, *path: str) -> Callable[[Column, str], Column]:
    """A value that is written as a text, as far as it can be read."""

    def read(custom: Column, key: str) -> Column:
        value = custom[key]
        for part in path:
            value = value[part]
        return case((func.pg_input_is_valid(value.astext, name), cast(value.astext, kind)))

    return read


def _bool(custom: Column, key: str) -> Column:
    return custom.contains({key: True})


def _texts(custom: Column, key: str) -> Column:
    """Never null, so that nothing chosen is an empty list."""
    chosen = case((func.jsonb_typeof(custom[key]) == "array", custom[key]), else_=literal_column("'[]'::jsonb"))
    each = func.jsonb_array_elements_text(chosen).table_valued("value")
    return func.array(select(each.c.value).scalar_subquery(), type_=ARRAY(Text))


READ: Mapping[TypeName, Callable[[Column, str], Column]] = {
    "text": _text,
    "url": _text,
    "choice": _text,
    "number": _number,
    "money": _written(Numeric(), "numeric", "amount"),
    "date": _written(Date(), "date"),
    "user": _written(Uuid(), "uuid"),
    "bool": _bool,
    "multichoice": _texts,
}
"""How each type is read out of the JSON of a card."""

AFTER_ALL: Mapping[KindName, Callable[[Column], Column]] = {
    "text": lambda value: func.lower(func.left(func.coalesce(value, literal_column("U&'\\+10FFFF'")), LONGEST_SORTED)),
    "choice": lambda value: func.coalesce(value, literal_column("U&'\\+10FFFF'")),
    "number": lambda value: func.coalesce(value, literal_column("'Infinity'::float8", Double())),
    "decimal": lambda value: func.coalesce(value, literal_column("10000000000000000::numeric", Numeric())),
    "date": lambda value: func.coalesce(value, literal_column("'infinity'::date", Date())),
}
"""A value as a list is ordered by it: what is absent comes after all that is there."""
