"""Which fields of a lead may become which of a contact, company or deal, and what values become of it. Pure.

A person's names and addresses always become the contact's: by them it is found."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "number", "money", "date", "bool", "choice", "multichoice", "url", "user", "tags"]
Entity = Literal["contact", "company", "deal"]

ENTITIES: tuple[Entity, ...] = ("contact", "company", "deal")


class Pair(NamedTuple):
    """The lead's field, and whose field it becomes; where several name one target, the first that is filled counts."""

    lead_field: str
    entity: Entity
    field: str


class Target(NamedTuple):
    """What a field takes, and how much of a text."""

    kind: Kind
    longest: int = 1000


SOURCES: Mapping[str, Kind] = {
    "subject": "text", "message": "text", "product": "text", "region": "text", "language": "text", "channel": "text",
    "provider": "text", "temperature": "text", "score": "number", "budget": "money", "authority": "text",
    "need": "text", "timeframe": "text", "company": "text", "position": "text", "full_name": "text",
    "first_name": "text", "middle_name": "text", "last_name": "text", "phone": "text", "email": "text",
    "source": "text", "medium": "text", "campaign": "text", "tags": "tags",
}  # fmt: skip
"""Fields of leads; `custom.<key>` and `answers.<key>` name custom fields and answers to the workspace's questions."""

TARGETS: Mapping[Entity, Mapping[str, Target]] = {
    "contact": {"position": Target("text", 200), "legal.tax_number": Target("text", 40), "tags": Target("tags")},
    "company": {
        "name": Target("text", 300), "tax_number": Target("text", 40), "website": Target("text"),
        "address": Target("text"), "tags": Target("tags"),
    },
    "deal": {
        "name": Target("text", 300), "amount": Target("money"), "expected_close": Target("date"),
        "tags": Target("tags"),
    },
}  # fmt: skip
"""Fields that are filled by it; `custom.<key>` names a custom field."""

DEFAULT_PAIRS: tuple[Pair, ...] = (
    Pair("position", "contact", "position"),
    Pair("tags", "contact", "tags"),
    Pair("company", "company", "name"),
    Pair("product", "deal", "name"),
    Pair("subject", "deal", "name"),
    Pair("company", "deal", "name"),
    Pair("full_name", "deal", "name"),
    Pair("last_name", "deal", "name"),
    Pair("budget", "deal", "amount"),
    Pair("tags", "deal", "tags"),
)
"""Until a workspace sets its own."""

FITTING: Mapping[Kind, frozenset[Kind]] = {
    "text": frozenset(("text", "number", "money", "date", "bool", "choice", "multichoice", "url", "tags")),
    "number": frozenset(("number",)),
    "money": frozenset(("money",)),
    "date": frozenset(("date",)),
    "bool": frozenset(("bool",)),
    "choice": frozenset(("choice", "text")),
    "multichoice": frozenset(("multichoice", "choice", "text", "tags")),
    "url": frozenset(("url", "text")),
    "user": frozenset(("user",)),
    "tags": frozenset(("tags", "multichoice", "choice", "text")),
}
"""What each kind of target takes."""

EMPTY: tuple[Any, ...] = (None, "", [], {})
MOST_LISTED = 100
LISTS: tuple[Kind, ...] = ("tags", "multichoice")


def mapped(
    pairs: Iterable[Pair], facts: Mapping[str, Any], targets: Mapping[Entity, Mapping[str, Target]]
) -> dict[Entity, dict[str, Any]]:
    """What each entity gets from a lead with these facts (by field name), by its own field names. A target that is gone
    gets nothing; lists get what every pair gives them."""
    found: dict[Entity, dict[str, Any]] = {entity: {} for entity in ENTITIES}
    for pair in pairs:
        target, value = targets[pair.entity].get(pair.field), facts.get(pair.lead_field)
        if target is None or value in EMPTY:
            continue
        got, taken = found[pair.entity], taken_as(value, target)
        if target.kind in LISTS:
            got[pair.field] = together(got.get(pair.field, []), taken)
        elif taken not in EMPTY:
            got.setdefault(pair.field, taken)
    return found


def together(*lists: Iterable[str]) -> list[str]:
    """What the lists hold, each once, as many as a card can have."""
    return list(dict.fromkeys(one for each in lists for one in each if one))[:MOST_LISTED]


def taken_as(value: Any, target: Target) -> Any:
    """The value as the target's kind writes it."""
    if target.kind == "text":
        return _text(value)[: target.longest].strip()
    if target.kind in LISTS:
        return [_text(one)[:100] for one in (value if isinstance(value, list) else [value])]
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return " ".join(str(value[name]) for name in ("amount", "currency") if name in value)
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value)
