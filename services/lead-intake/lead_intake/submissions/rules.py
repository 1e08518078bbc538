"""Decisions about submissions. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from leadkit.contracts.events import SubmissionStatus
from leadkit.persons import person_hash

WINDOW = timedelta(minutes=10)
MAY_LAST = timedelta(hours=2)
"""How long a call or chat may stay open; then it counts as ended."""

LONGEST_KEY_BYTES = 255
MARKED = "marked_by_hand"
"""Why a submission is in spam that a person put there."""

UNDELIVERED: tuple[SubmissionStatus, ...] = ("pending", "ready", "parked", "unreadable")
"""What crm-core is still to get: nothing that it was read from may go."""

SHORTEST_CLIENT_ID = 8
_NOT_OF_A_CLIENT = frozenset({"fbc"})
"""Made of a click, not of a visitor."""

# What a person may decide about spam, and from where a submission may be put aside.
RELEASABLE: tuple[tuple[SubmissionStatus, str | None], ...] = (
    ("spam", None), ("ignored", "not_confirmed"), ("pending", "awaiting_confirmation"),
)  # fmt: skip
"""Status and reason (None: any)."""

SPAMMABLE: tuple[SubmissionStatus, ...] = ("ready", "interest", "pending", "parked", "ignored", "unreadable")


def may_be_released(status: str, reason: str | None) -> bool:
    """Whether a person may let it go on its way: out of spam, or without the confirmation that never came."""
    return any(status == one and wanted in (None, reason) for one, wanted in RELEASABLE)


def bounded(key: str) -> str:
    """A key fit for an index: hashed when it is longer than 255 bytes."""
    encoded = key.encode("utf-8", "replace")
    return key if len(encoded) <= LONGEST_KEY_BYTES else "sha256:" + hashlib.sha256(encoded).hexdigest()


def window_key(content_hash: str, received_at: datetime, *, buckets_before: int = 0) -> str:
    """The dedup key of content that carries no id: its hash and its ten minutes."""
    bucket = int(received_at.timestamp() // WINDOW.total_seconds()) - buckets_before
    return f"hash:{content_hash}:{bucket}"


def client_names(client_ids: Mapping[str, str]) -> tuple[str, ...]:
    """What tells the same visitor again: each id with its kind. Too short a one may be anybody's."""
    return tuple(
        [
            f"{kind}:{value}"
            for kind, value in client_ids.items()
            if kind not in _NOT_OF_A_CLIENT and len(value) >= SHORTEST_CLIENT_ID
        ]
    )


def persons_in(inquiry: Mapping[str, Any], key: bytes) -> tuple[str, ...]:
    """The keyed hashes of the phones, e-mails and messengers of an inquiry, as crm-core makes them of a person's."""
    return (
        *[person_hash(key, "phone", phone) for phone in inquiry.get("phones") or ()],
        *[person_hash(key, "email", email) for email in inquiry.get("emails") or ()],
        *[person_hash(key, "messenger", f"{m['network']}:{m['id']}") for m in inquiry.get("messengers") or ()],
    )


def event_key(found: object) -> str:
    """Of an event of something that others tell of too: the same event delivered again has the same."""
    return hashlib.blake2b(repr(found).encode("utf-8", "replace"), digest_size=20).hexdigest()


def lock_number(content_hash: str) -> int:
    """The number of the lock that requests with the same content queue at: 60 bits of a hash written in hexadecimal."""
    return int(content_hash[:15], 16)


def same_words(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    """Whether two inquiries say the same, whatever their revision; what is null or empty says nothing."""
    if before is None or after is None:
        return before is after
    return bool(_said({**before, "revision": 0}) == _said({**after, "revision": 0}))


def _said(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _said(inner) for name, inner in value.items()}
    return {name: inner for name, inner in inside.items() if inner is not None and inner != [] and inner != {}}


def status_after(
    before: SubmissionStatus, read: SubmissionStatus, *, says_more: bool, replayed: bool
) -> SubmissionStatus:
    """The status of a submission that was read again, because more came, time ran out or somebody asked for it.

    What crm-core has is never taken back: a delivered one is `ready` again when it says something new, or on replay.
    """
    if before == "duplicate" or (before == "spam" and not replayed):
        return before
    if before == "delivered" and (read != "ready" or not (says_more or replayed)):
        return before
    if before == "parked" and not (says_more or replayed):
        return before
    return read
