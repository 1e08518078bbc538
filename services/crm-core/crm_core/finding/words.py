"""The words by which a row is found, and what somebody who searches means. Pure."""

import re
from collections.abc import Iterable, Sequence

import phonenumbers

from crm_core.contacts.points import HasValue, Point, email, phone

LONGEST = 1000
LONGEST_WORD = 100
"""Longer ones are cut: PostgreSQL's lexemes end at 2 kB, and nobody types so much of a link."""
LONGEST_NAME = 200
MOST_TERMS = 8
SHORTEST_PART = 3
"""Shorter terms are only looked for where a word begins: no trigram would find them inside one."""

_QUOTES = re.compile(r"[\"'`«»„“”‘’]")
_NUMBER = re.compile(r"\+?[\d()\-./]+")
_WHOLE_NUMBER = re.compile(r"\+?[\d()\-./\s]+")


def plain(text: str) -> str:
    """As searches compare texts: without case, quotes and double spaces; `ё` counts as `е`."""
    return " ".join(_QUOTES.sub("", text).lower().replace("ё", "е").split())


def search_text(texts: Iterable[str | None], points: Iterable[HasValue] = ()) -> str:
    """All words of a row, each once and with a space before it, so that words can be found by their beginnings; phones
    as their digits."""
    words = [word for text in texts if text for word in plain(text).split()]
    words += [point.value.removeprefix("+") if point.kind == "phone" else point.value.lower() for point in points]
    return "".join(f" {word}" for word in dict.fromkeys(word[:LONGEST_WORD] for word in words))[:LONGEST]


def name_to_sort(names: Iterable[str | None]) -> str:
    """Names as a list is sorted by them: each once, in lower case, no longer than an index entry may be."""
    return " ".join(dict.fromkeys(name.strip().lower() for name in names if name))[:LONGEST_NAME]


def parts(q: str, region: str) -> list[list[str]]:
    """LIKE patterns: a row contains what is searched when one of each list fits. A number is found by any part of its
    digits, as it is dialled in `region` or with its country code."""
    if is_number(q):
        return [[f"%{digits}%" for digits in _dialled(_digits(q), region)]] if _digits(q) else []
    return [[_pattern(term, begins=len(term) < SHORTEST_PART)] for term in terms(q)]


def beginnings(q: str) -> list[str]:
    """LIKE patterns: a row has words that begin with all that is searched when each fits."""
    return [_pattern(term, begins=True) for term in terms(q)]


def terms(q: str) -> list[str]:
    """What is searched, word by word; numbers among them as their digits."""
    return [_term(word)[:LONGEST_WORD] for word in plain(q).split()[:MOST_TERMS]]


def is_number(q: str) -> bool:
    """Whether digits are searched."""
    return _WHOLE_NUMBER.fullmatch(q.strip()) is not None


def is_address(q: str) -> bool:
    """Whether a phone or an e-mail address is searched, whole or in part: then similar ones are others' (and of one
    provider half of all addresses are similar)."""
    return is_number(q) or "@" in q


def address_in(q: str, region: str) -> Point | None:
    """The whole e-mail address or phone number that `q` is, if it is one."""
    if (address := email(q)) is not None:
        return Point("email", address)
    if not is_number(q):
        return None
    number = phone(q, region)
    return Point("phone", number) if number else None


def _term(word: str) -> str:
    return (_digits(word) if _NUMBER.fullmatch(word) else "") or word


def _pattern(term: str, *, begins: bool) -> str:
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{' ' if begins else ''}{escaped}%"


def _dialled(digits: str, region: str) -> Sequence[str]:
    """The digits, and without the prefix that is dialled only inside the country (the 8 of Russia, the 0 of others)."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    prefix = metadata.national_prefix if metadata is not None else None
    inner = digits.removeprefix(prefix) if prefix else digits
    return [digits, inner] if inner not in ("", digits) and len(inner) >= SHORTEST_PART else [digits]


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
