"""What a field may hold: how a value is written in a condition, and which questions make sense. Pure."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

KindName = Literal["text", "choice", "id", "bool", "number", "decimal", "time", "date", "texts"]
Op = Literal[
    "eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "starts_with", "has", "has_any", "has_all",
    "is_set",
]  # fmt: skip

LISTED: tuple[Op, ...] = ("in", "not_in", "has_any", "has_all")
"""These take a list of values."""

LONGEST_TEXT = 1000
LONGEST_LIST = 1000
LARGEST = 10**15
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_RELATIVE = re.compile(r"(now|today)(?:([+-]\d{1,5})([mhdw]))?")


@dataclass(frozen=True, slots=True)
class Relative:
    """A time or date that moves with the clock, such as `now-30d` or `today+1w`."""

    since: Literal["now", "today"]
    by: timedelta

    def at(self, now: datetime) -> datetime | date:
        """Where it is at `now`, whose zone says which day today is."""
        return now + self.by if self.since == "now" else now.date() + self.by


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` gives the value as it is compared; it raises `ValueError` with what would have been right."""

    name: KindName
    ops: tuple[Op, ...]
    read: Callable[[Any], Any]


def _text(given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_TEXT or "\0" in given:
        raise ValueError(f"must be a text of at most {LONGEST_TEXT} characters")
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ValueError("has characters that are none") from None
    return given


def _id(given: Any) -> UUID:
    try:
        return UUID(_text(given))
    except ValueError:
        raise ValueError("must be an id") from None


def _bool(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError("must be true or false")
    return given


def _number(given: Any) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("must be a number")
    if not math.isfinite(given) or abs(given) > LARGEST:
        raise ValueError("must be a number of at most fifteen digits")
    return given


def _decimal(given: Any) -> Decimal:
    try:
        value = Decimal(_text(given) if isinstance(given, str) else str(_number(given)))
    except (InvalidOperation, ValueError):
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValueError('must be a decimal number, such as "1500.00"')
    return value


def _time(given: Any) -> datetime | Relative:
    sentence = 'must be a time with an offset, such as 2026-05-01T09:00:00Z, or relative, such as "now-30d"'
    if (relative := _relative(given, "now")) is not None:
        return relative
    try:
        value = datetime.fromisoformat(_text(given))
    except ValueError:
        raise ValueError(sentence) from None
    if value.tzinfo is None:
        raise ValueError(sentence)
    return value


def _date(given: Any) -> date | Relative:
    if (relative := _relative(given, "today")) is not None:
        return relative
    try:
        return date.fromisoformat(_text(given))
    except ValueError:
        raise ValueError('must be a date, such as 2026-05-01, or relative, such as "today+7d"') from None


def _relative(given: Any, since: Literal["now", "today"]) -> Relative | None:
    found = _RELATIVE.fullmatch(given) if isinstance(given, str) else None
    if found is None or found[1] != since or (since == "today" and found[3] in ("m", "h")):
        return None
    return Relative(since, int(found[2]) * UNITS[found[3]] if found[2] else timedelta())


_ORDERED: tuple[Op, ...] = ("eq", "ne", "gt", "gte", "lt", "lte", "is_set")
_NAMED: tuple[Op, ...] = ("eq", "ne", "in", "not_in", "is_set")

KINDS: Mapping[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind("text", (*_NAMED, "contains", "starts_with"), _text),
        Kind("choice", _NAMED, _text),
        Kind("id", _NAMED, _id),
        Kind("bool", ("eq",), _bool),
        Kind("number", (*_ORDERED, "in", "not_in"), _number),
        Kind("decimal", _ORDERED, _decimal),
        Kind("time", _ORDERED, _time),
        Kind("date", _ORDERED, _date),
        Kind("texts", ("has", "has_any", "has_all", "is_set"), _text),
    )
}
