"""A lead as events tell it: its whole state, and nothing that says who the person is."""

from typing import Any

from leadkit.contracts.events import EventAttribution, LeadState
from leadkit.contracts.inquiry import Attribution
from leadkit.contracts.touches import for_events
from leadkit.outbox import NewEvent

from crm_core.leads.tables import Lead

FIELDS = tuple(name for name in LeadState.model_fields if name != "attribution")


def lead_event(type_: str, lead: Lead, attribution: EventAttribution | None = None) -> NewEvent:
    """The event of that type with the lead's present state; `attribution` spares reading it again in a batch."""
    return NewEvent(type_, lead.workspace_id, lead.id, lead_state(lead, attribution))


def lead_state(lead: Lead, attribution: EventAttribution | None = None) -> LeadState:
    """The lead's present state without personal data."""
    stored = vars(lead)
    values: dict[str, Any] = {name: stored[name] for name in FIELDS}
    values["attribution"] = attribution or for_events(Attribution.model_validate(lead.attribution))
    return LeadState.model_validate(values)
