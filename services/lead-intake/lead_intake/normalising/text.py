"""Cleaning text: what PostgreSQL or a reader's screen cannot take goes, words stay."""

import re
import unicodedata
from typing import Any

_BROKEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]"
)
_BLANK_LINES = re.compile(r"\n{3,}")
_PLACEHOLDERS = frozenset(
    {
        "(not set)", "(none)", "(not provided)", "not set", "не указано", "не указан", "не заполнено", "не задано",
        "<не указано>", "<не заполнено>", "<не задано>", "(не указано)", "undefined", "null", "none", "nil", "nan",
        "n/a", "-", "--", "---", "—", "–", "[object object]",
    }
)  # fmt: skip
_PAIRS = {"{": "}", "[": "]", "%": "%", "<": ">"}
MAY_SAY_NOTHING = frozenset(letter for word in _PLACEHOLDERS for letter in (word[0], word[0].upper())) | frozenset(
    _PAIRS
)
"""With what a placeholder begins: a value that begins with anything else says something."""
MAX_DEPTH = 64
MAX_ENTRIES = 1000


def clean(text: str) -> str:
    """Without NUL, control characters, lone surrogates and invisible marks; lines end in `\\n`; composed (NFC)."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
        text = _BROKEN.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_line(text: str, limit: int = 255) -> str:
    """Cleaned, white space runs made one space, cut to `limit` characters."""
    return " ".join(clean(text).split())[:limit].rstrip()


def many_lines(text: str, limit: int = 20000) -> str:
    """Cleaned; no-break spaces plain, line ends trimmed, at most one empty line in a row, cut to `limit`."""
    text = clean(text).replace("\xa0", " ").replace("\t", " ")
    if "\n" in text:
        text = _BLANK_LINES.sub("\n\n", "\n".join([line.rstrip() for line in text.split("\n")]))
    return text.strip()[:limit].rstrip()


def is_placeholder(text: str) -> bool:
    """Whether a value says nothing: `(not set)`, `undefined`, an unresolved `{{phone}}`, `{campaign_id}`, `[phone]`."""
    text = text.strip()
    if not text:
        return True
    if text[0] not in MAY_SAY_NOTHING:
        return False
    closing = _PAIRS.get(text[0])
    if closing and len(text) <= 64 and text[-1] == closing and len(text) > 2 and "\n" not in text:
        inner = text.strip("{}[]%<>$ ")
        if not inner or (" " not in inner and "@" not in inner) or inner.casefold() in _PLACEHOLDERS:
            return True
    return len(text) <= 16 and text.casefold() in _PLACEHOLDERS


def said(text: str | None, limit: int = 255) -> str | None:
    """The value in one line, or None when it says nothing."""
    if text is None or not text:
        return None
    text = one_line(text, limit)
    return None if is_placeholder(text) else text


def clean_json(value: Any, depth: int = 0) -> Any:
    """A JSON value that any JSON reader and PostgreSQL take: text cleaned, numbers past 64 bits as text,
    nesting past 64 levels and entries past 1,000 a level cut."""
    match value:
        case str():
            return clean(value)
        case bool() | None:
            return value
        case int():
            return value if -(2**63) <= value < 2**63 else f"{value:x}" if value.bit_length() > 10_000 else str(value)
        case float():
            return value if value - value == 0 else str(value)
        case dict() if depth < MAX_DEPTH:
            entries = list(value.items())[:MAX_ENTRIES]
            return {clean(str(key))[:255]: clean_json(inner, depth + 1) for key, inner in entries}
        case list() | tuple() if depth < MAX_DEPTH:
            return [clean_json(inner, depth + 1) for inner in value[:MAX_ENTRIES]]
        case dict() | list() | tuple():
            return None
        case _:
            return clean(str(value))
