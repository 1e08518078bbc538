"""The types of custom fields, and what a card's values have to be. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.merge_patch import merged
from leadkit.problems import FieldError
from pydantic import ValidationError

from crm_core.conditions.kinds import KINDS, KindName

TypeName = Literal["text", "number", "money", "date", "bool", "choice", "multichoice", "url", "user"]
LONGEST_TEXT = 5000
LONGEST_URL = 2000
EMPTY: tuple[Any, ...] = ("", [], None)


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldInfo:
    """A custom field as values are held against it."""

    key: str
    type: TypeName
    choices: Sequence[str] = ()
    required: bool = False
    personal: bool = True

    @property
    def name(self) -> str:
        """What conditions, parameters and orders call it."""
        return f"custom.{self.key}"


@dataclass(frozen=True, slots=True)
class ValueType:
    """`read` gives a value as it is stored, or raises `ValueError` with what would have been right; `kind` says how
    conditions compare it, `sorts` whether a list can be ordered by it."""

    name: TypeName
    kind: KindName
    read: Callable[[Any, Sequence[str]], Any]
    sorts: bool = True


def _text(given: Any, _: Sequence[str]) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_TEXT:
        raise ValueError(f"must be a text of at most {LONGEST_TEXT} characters")
    return given


def _number(given: Any, _: Sequence[str]) -> int | float:
    value: int | float = KINDS["number"].read(given)
    return value


def _money(given: Any, _: Sequence[str]) -> dict[str, Any]:
    try:
        return Money.model_validate(given).model_dump(mode="json")
    except ValidationError:
        raise ValueError('must be money, such as {"amount": "1500.00", "currency": "RUB"}') from None


def _date(given: Any, _: Sequence[str]) -> str:
    try:
        return date.fromisoformat(given).isoformat()
    except (TypeError, ValueError):
        raise ValueError("must be a date, such as 2026-05-01") from None


def _bool(given: Any, _: Sequence[str]) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")
    return given


def _choice(given: Any, choices: Sequence[str]) -> str:
    if not isinstance(given, str) or given not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return given


def _choices(given: Any, choices: Sequence[str]) -> list[str]:
    if not isinstance(given, list):
        raise ValueError(f"must be a list of {', '.join(choices)}")
    return list(dict.fromkeys(_choice(each, choices) for each in given))


def _url(given: Any, _: Sequence[str]) -> str:
    sentence = "must be a web address, such as https://example.com"
    if not isinstance(given, str) or len(given) > LONGEST_URL or any(character.isspace() for character in given):
        raise ValueError(sentence)
    try:
        parts = urlsplit(given)
        named = parts.hostname
    except ValueError:
        raise ValueError(sentence) from None
    if parts.scheme not in ("http", "https") or not named:
        raise ValueError(sentence)
    return given


def _user(given: Any, _: Sequence[str]) -> str:
    try:
        return str(UUID(given))
    except (TypeError, ValueError, AttributeError):
        raise ValueError("must be the id of a user") from None


TYPES: Mapping[TypeName, ValueType] = {
    one.name: one
    for one in (
        ValueType("text", "text", _text),
        ValueType("number", "number", _number),
        ValueType("money", "decimal", _money),
        ValueType("date", "date", _date),
        ValueType("bool", "bool", _bool, sorts=False),
        ValueType("choice", "choice", _choice),
        ValueType("multichoice", "texts", _choices, sorts=False),
        ValueType("url", "text", _url),
        ValueType("user", "id", _user, sorts=False),
    )
}
"""Every type that a custom field can have."""


def facts_of(fields: Iterable[FieldInfo], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a card as conditions compare them, by name. What was stored before its field was defined may be of
    any kind, and counts as absent where it cannot be read."""
    facts = dict[str, Any]()
    for one in fields:
        value = values.get(one.key)
        if value not in EMPTY:
            with suppress(ValueError, TypeError, KeyError):
                facts[one.name] = _compared(one.type, value)
    return facts


def _compared(type_: TypeName, value: Any) -> Any:
    if type_ == "multichoice":
        return [str(each) for each in value]
    return KINDS[TYPES[type_].kind].read(value["amount"] if type_ == "money" else value)


CHOOSING: tuple[TypeName, ...] = ("choice", "multichoice")
"""These need choices."""


@dataclass(frozen=True, slots=True)
class Values:
    """A card's `custom` after a change, what of it events may tell, and what is wrong with it."""

    stored: dict[str, Any]
    told: dict[str, Any]
    errors: Sequence[FieldError] = ()


def values_of(
    fields: Mapping[str, FieldInfo],
    given: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
    users: Collection[UUID] = (),
    at: str = "/custom",
) -> Values:
    """The card's values with what was `given` merged into those `before` (None: the card is new, and must have what is
    required). Keys that are no field's are kept as they come; `users` are those that may be named."""
    stored, errors = merged(before, given), []
    for key, field in fields.items():
        if key in given and stored.get(key) is not None:
            try:
                stored[key] = TYPES[field.type].read(stored[key], field.choices)
                if field.type == "user" and UUID(stored[key]) not in users:
                    raise ValueError("is not an active user of this workspace")
            except ValueError as error:
                errors.append(FieldError(pointer=f"{at}/{key}", detail=str(error)))
        if field.required and (before is None or key in given) and stored.get(key) in EMPTY:
            errors.append(FieldError(pointer=f"{at}/{key}", detail="must be filled"))
    return Values(stored, told_of(fields, stored), errors)


def told_of(fields: Mapping[str, FieldInfo], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What events may tell of a card's values: those of fields that are not personal."""
    return {key: stored[key] for key, field in fields.items() if not field.personal and key in stored}


def users_named(fields: Mapping[str, FieldInfo], given: Mapping[str, Any]) -> set[UUID]:
    """The users that the values name, as far as they can be read."""
    named = set()
    for key, field in fields.items():
        if field.type == "user" and isinstance(given.get(key), str):
            try:
                named.add(UUID(given[key]))
            except ValueError:
                continue
    return named
