"""How a contact's names are searched, and what a known contact learns from somebody new."""

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_NAME = 200
NAMES = ("last_name", "first_name", "middle_name", "full_name")


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
