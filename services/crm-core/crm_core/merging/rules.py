"""What becomes of two cards that are merged, value by value, and how it is taken back. Pure.

The survivor's values win, its gaps are filled, lists are joined; a value that had to yield is remembered beside the one
that won. A card is a mapping of fields to JSON values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Card = Mapping[str, Any]
Source = Literal["into", "from", "both"]

MAPS = ("person", "custom", "legal", "qualification")
"""Fields whose values are merged key by key; any other is one value, or a list of them."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the merged card and whose it was. `field` is its path (`person/last_name`, `phones`); `other` is
    what the card merged away says instead."""

    field: str
    value: Any
    source: Source
    other: Any = None


def combined(into: Card, gone: Card) -> list[Value]:
    """Every value of the merged card, in the order of its fields."""
    values: list[Value] = []
    for name, own in into.items():
        other = gone[name]
        if name in MAPS:
            keys = dict.fromkeys([*own, *other])
            values += [one for key in keys for one in _single(f"{name}/{key}", own.get(key), other.get(key))]
        elif isinstance(own, list):
            values += _listed(name, own, other)
        else:
            values += _single(name, own, other)
    return values


def joined(into: Card, values: Iterable[Value]) -> dict[str, Any]:
    """The survivor's card with what it gets from the other."""
    card = dict(into)
    for one in values:
        if one.source != "from":
            continue
        name, _, key = one.field.partition("/")
        if key:
            card[name] = {**card[name], key: one.value}
        else:
            card[name] = [*card[name], one.value] if isinstance(card[name], list) else one.value
    return card


def parted(card: Card, values: Iterable[Value]) -> dict[str, Any]:
    """The survivor's card without what it got from the other; what was changed since stays as it was changed."""
    left = dict(card)
    for one in values:
        if one.source != "from":
            continue
        name, _, key = one.field.partition("/")
        if key and left[name].get(key) == one.value:
            left[name] = {**left[name], key: None} if name == "person" else _without(left[name], key)
        elif not key and isinstance(left[name], list):
            left[name] = [each for each in left[name] if each != one.value]
        elif not key and left[name] == one.value:
            left[name] = None
    return left


def _single(field: str, own: Any, other: Any) -> list[Value]:
    if _empty(own):
        return [] if _empty(other) else [Value(field, other, "from")]
    if own == other:
        return [Value(field, own, "both")]
    return [Value(field, own, "into", None if _empty(other) else other)]


def _listed(field: str, own: list[Any], other: list[Any]) -> list[Value]:
    mine = [Value(field, one, "both" if one in other else "into") for one in own]
    return [*mine, *(Value(field, one, "from") for one in other if one not in own)]


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
