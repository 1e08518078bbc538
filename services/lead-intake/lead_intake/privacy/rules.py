"""What is left of a submission whose person was erased. Pure."""

from collections.abc import Mapping
from typing import Any

from leadkit.contracts.touches import nameless

ERASED = "erased"
"""The reason of a submission that crm-core never got, and never will."""

KEPT = (
    "id", "revision", "source_id", "channel", "provider", "occurred_at", "received_at", "product", "region", "language",
)  # fmt: skip
OF_THE_CALL = ("direction", "result", "duration_seconds", "wait_seconds")
UNDECIDED = ("pending", "ready", "parked", "unreadable")


def without_person(inquiry: Mapping[str, Any]) -> dict[str, Any]:
    """What statistics count of an inquiry, in the shape of every inquiry."""
    call = inquiry.get("call")
    left = {name: inquiry[name] for name in KEPT if inquiry.get(name) is not None}
    left["attribution"] = {name: touch for name, touch in nameless(inquiry.get("attribution")).items() if touch}
    left |= {"person": {}, "phones": [], "emails": []}
    return left | ({"call": {name: call.get(name) for name in OF_THE_CALL}} if call else {})


def key_left(key: str | None, inquiry: Mapping[str, Any] | None) -> str | None:
    """The dedup key, by which a repeat that a provider still sends is known, unless it may name the person itself."""
    if key is None or "@" in key:
        return None
    inquiry = inquiry or {}
    digits = "".join(filter(str.isdigit, key))
    phones = ["".join(filter(str.isdigit, phone))[-10:] for phone in inquiry.get("phones") or ()]
    messengers = [messenger["id"] for messenger in inquiry.get("messengers") or ()]
    named = any(phone in digits for phone in phones) or any(one in key for one in messengers)
    return None if named else key


def status_erased(status: str, reason: str | None) -> tuple[str, str | None]:
    """Status and reason from then on: what waits, waits no more; what was decided stays as it is counted."""
    return ("ignored", ERASED) if status in UNDECIDED or reason == "outbound_call" else (status, reason)
