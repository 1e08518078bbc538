"""An inquiry as events tell it: where it came from and where it went, and nothing that says who asked."""

from typing import Any

from leadkit.contracts.events import EventAttribution, InquiryState
from leadkit.outbox import NewEvent

from crm_core.inquiries.tables import InquiryRow

FIELDS = tuple(name for name in InquiryState.model_fields if name != "attribution")


def inquiry_event(row: InquiryRow, outgoing: EventAttribution) -> NewEvent:
    """`inquiry.recorded` with the inquiry's present state."""
    stored = vars(row)
    values: dict[str, Any] = {name: stored[name] for name in FIELDS}
    state = InquiryState.model_validate(values | {"attribution": outgoing})
    return NewEvent("inquiry.recorded", row.workspace_id, row.id, state)
