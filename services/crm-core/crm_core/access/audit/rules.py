"""What a change looks like in the audit log: only what differs, and nothing that says who a person is."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

MASK = "***"

PERSONAL = frozenset(
    {
        "address", "addresses", "answers", "birthday", "body", "company", "custom", "description", "email", "emails",
        "extra", "first_name", "full_name", "last_name", "legal", "loss_note", "message", "messengers", "middle_name",
        "note", "notes", "person", "phone", "phones", "position", "qualification", "recording_url", "result",
        "search_name", "search_text", "subject", "summary", "tax_number", "value", "website",
    }
)  # fmt: skip
"""Fields whose values are masked wherever they occur, on every level."""

NAMED_BY_STAFF = frozenset(
    {
        "activity_result",
        "scoring_rule",
        "qualification_question",
        "workspace",
        "user",
        "team",
        "token",
        "loss_reason",
        "pipeline",
        "stage",
        "product",
        "tag",
    }
)
"""Subject types whose `name` is a display name of staff or of a catalogue, so it is kept."""

PLAIN = (str, int, float, bool, type(None))

Snapshot = Mapping[str, Any]


def difference(
    subject_type: str, before: Snapshot | None, after: Snapshot | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The masked fields that differ, as JSON values: (before, after). A side that is None stays None."""
    if before is not None and after is not None:
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        before = {key: value for key, value in before.items() if key in changed}
        after = {key: value for key, value in after.items() if key in changed}
    personal = PERSONAL if subject_type in NAMED_BY_STAFF else PERSONAL | {"name"}
    return (
        None if before is None else _masked(before, personal),
        None if after is None else _masked(after, personal),
    )


FOLLOWING = frozenset({"version", "updated_at", "score", "completeness", "missing", "segments"})
"""What changes by itself when something else does."""


def changed_fields(before: Snapshot | None, after: Snapshot | None) -> list[str]:
    """The fields that somebody changed, by name."""
    return sorted({*(before or {}), *(after or {})} - FOLLOWING)


def _masked(values: Snapshot, personal: frozenset[str]) -> dict[str, Any]:
    return {str(key): _hidden(value) if key in personal else _as_json(value, personal) for key, value in values.items()}


def _hidden(value: Any) -> Any:
    """The shape of a value without its content: an empty one stays, a list keeps its length, a dict its keys."""
    if value is None or value in ("", [], {}, ()):
        return value
    if isinstance(value, Mapping):
        return {str(key): _hidden(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [MASK for _ in value]
    return MASK


def _as_json(value: Any, personal: frozenset[str]) -> Any:
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        return _masked(value, personal)
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_json(inner, personal) for inner in value]
    if isinstance(value, Enum):
        return _as_json(value.value, personal)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value
