"""A lead as events tell it: its whole state, and nothing that says who the person is."""

from collections.abc import Mapping
from typing import Any

from leadkit.contracts.events import LeadState
from leadkit.contracts.inquiry import Attribution
from leadkit.contracts.touches import outgoing
from leadkit.outbox import NewEvent

from crm_core.leads.tables import Lead

FIELDS = tuple(name for name in LeadState.model_fields if name not in ("attribution", "custom"))


def lead_event(type_: str, lead: Lead, attribution: Mapping[str, Any] | None = None) -> NewEvent:
    """The event of that type with the lead's present state, the values of `LeadState`; `attribution`, as `outgoing`
    makes it, spares reading it again in a batch."""
    stored = vars(lead)
    state: dict[str, Any] = {name: stored[name] for name in FIELDS}
    state["attribution"] = attribution or outgoing(Attribution.model_validate(lead.attribution))
    state["custom"] = stored["custom_told"]
    return NewEvent(type_, lead.workspace_id, lead.id, state)
