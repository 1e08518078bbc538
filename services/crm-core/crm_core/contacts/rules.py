"""How a contact's names are searched, and what a known contact learns from somebody new."""

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_NAME = 200
NAMES = ("last_name", "first_name", "middle_name", "full_name")
TAX_NUMBERS = ("tax_number", "inn", "vat_id")
"""Under any of these keys legal data may have it."""

EXPECTED = 4
"""So much a card is expected to tell."""


def search_name(person: Mapping[str, Any]) -> str:
    """The names, each word once, without case, `ё` as `е`: sorted by it, the last name comes first."""
    words = " ".join(person.get(field) or "" for field in NAMES).casefold().replace("ё", "е").split()
    return " ".join(dict.fromkeys(words))[:LONGEST_NAME]


def filled_up(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a person, its gaps filled with what was told; nothing known is replaced."""
    return {field: known.get(field) or told.get(field) for field in {**known, **told}}


def chosen(preferred: str | None, values: Sequence[str]) -> str | None:
    """The preferred point if it is still one of the contact's."""
    return preferred if preferred in values else None


def missing(person: Mapping[str, Any], points: Sequence[Any], company_id: Any, legal: Mapping[str, Any]) -> list[str]:
    """What a contact's card is expected to tell and does not: a name, how to reach them, a company, and in its legal
    data a tax number."""
    filled = {
        "name": any(person.get(field) for field in NAMES),
        "contact": bool(points),
        "company": company_id is not None or bool(person.get("company")),
        "legal.tax_number": any(legal.get(name) for name in TAX_NUMBERS),
    }
    return [name for name, there in filled.items() if not there]


def completeness_of(absent: Sequence[str]) -> float:
    """The share of what is expected that is there."""
    return 1 - len(absent) / EXPECTED
