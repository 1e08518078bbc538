"""A deadline as events tell it."""

from leadkit.contracts.events import DeadlineState
from leadkit.outbox import NewEvent

from crm_core.deadlines.tables import Deadline


def deadline_event(type_: str, row: Deadline) -> NewEvent:
    """The event of that type with the deadline's present state."""
    state = {name: vars(row)[name] for name in DeadlineState.model_fields}
    return NewEvent(type_, row.workspace_id, row.id, state)
