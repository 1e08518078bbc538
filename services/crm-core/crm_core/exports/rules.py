"""A row as the cells of a table, and texts that are safe to open in a spreadsheet. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBERS = re.compile(r"[+-]?\d[\d\s.,()+-]*")


def cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The values at these paths (`person.full_name`) as texts; lists joined, what is absent empty."""
    return [_text(_at(row, column)) for column in columns]


def safe(text: str) -> str:
    """A text that a spreadsheet takes for a formula gets an apostrophe in front; numbers and phones stay."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) and not _NUMBERS.fullmatch(text) else text


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(row, Mapping):
            return None
        row = row.get(name)
    return row


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return " ".join(_text(inner) for inner in value.values() if inner is not None)
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value)
    return str(value)
