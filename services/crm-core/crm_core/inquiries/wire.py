"""An inquiry as events tell it: where it came from and where it went, and nothing that says who asked."""

from collections.abc import Mapping
from typing import Any

from leadkit.contracts.events import InquiryState
from leadkit.outbox import NewEvent

from crm_core.inquiries.tables import InquiryRow

FIELDS = tuple(name for name in InquiryState.model_fields if name != "attribution")


def inquiry_event(row: InquiryRow, attribution: Mapping[str, Any]) -> NewEvent:
    """`inquiry.recorded` with the inquiry's present state, the values of `InquiryState`; `attribution` as `outgoing`
    makes it."""
    stored = vars(row)
    state: dict[str, Any] = {name: stored[name] for name in FIELDS}
    state["attribution"] = attribution
    return NewEvent("inquiry.recorded", row.workspace_id, row.id, state)
