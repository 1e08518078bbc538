"""A lead taking a step of TRANSITIONS, in memory: status, first times, passages, owners and the row of history."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from leadkit.contracts.common import written
from leadkit.contracts.events import LeadStatus
from leadkit.ids import new_id_text
from leadkit.problems import Conflict

from crm_core.leads import rules
from crm_core.leads.tables import Lead, LeadTransition
from crm_core.rows import fixed_row, put


class TransitionNotAllowed(Conflict):
    """The lead's status forbids the step; `allowed` names those that it permits."""

    code = "transition-not-allowed"
    title = "The lead's status does not allow this"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Who takes a step, when it happened and when it is told. `by_rules`: no person decided it."""

    by: str
    at: datetime
    now: datetime
    note: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    by_rules: bool = False


def check(lead: Lead, name: str) -> None:
    """Raises `TransitionNotAllowed` unless the lead's status permits the step."""
    if lead.status not in rules.transition(name).sources:
        permitted = rules.allowed(lead.status)
        raise TransitionNotAllowed(f"A lead that is {lead.status} cannot take the step {name}.", allowed=permitted)


def take(lead: Lead, name: str, step: Step) -> LeadTransition:
    """The lead takes the step; raises `TransitionNotAllowed`. The caller publishes and stores."""
    check(lead, name)
    before = cast(LeadStatus, lead.status)
    target = rules.target_of(rules.transition(name), before, reached=lead.reached, owned=lead.owner_id is not None)
    if not step.by_rules:
        _tell_earlier(lead, step.at)
        lead.moved_at = step.at
    if target != before:
        passages = {**lead.passages, target: lead.passages.get(target, 0) + 1}
        put(lead, status=target, reached={target: written(step.at), **lead.reached}, passages=passages)
    if before == "postponed":
        lead.postponed_until = None
    if name == "reopen":  # why it was refused stays in its history
        put(lead, loss_reason_id=None, loss_note=None)
    touch(lead, step.now)
    return history(lead, name, step, before=before)


def give(lead: Lead, owner_id: UUID | None, team_id: UUID | None, *, at: datetime) -> None:
    """The lead's owner and team from `at` on."""
    if (owner_id, team_id) == (lead.owner_id, lead.team_id):
        return
    entry = {"owner_id": text_of(owner_id), "team_id": text_of(team_id), "at": written(at)}
    put(lead, owner_id=owner_id, team_id=team_id, owners=[*lead.owners, entry])


def touch(lead: Lead, now: datetime) -> None:
    """One more version of the lead."""
    put(lead, version=lead.version + 1, updated_at=now)


def answered(lead: Lead, at: datetime) -> None:
    """Somebody spoke with the person, or wrote to them; the first time counts."""
    if lead.first_response_at is None or at < lead.first_response_at:
        lead.first_response_at = at


def history(lead: Lead, name: str, step: Step, *, before: LeadStatus | None) -> LeadTransition:
    """The row that remembers a step."""
    return fixed_row(
        LeadTransition, workspace_id=lead.workspace_id, id=new_id_text(), lead_id=lead.id, action=name,
        from_status=before, to_status=lead.status, at=step.at, by=step.by, note=step.note, data=step.data,
    )  # fmt: skip


def _tell_earlier(lead: Lead, at: datetime) -> None:
    """History told afterwards may be older than what rules did on arrival (an import gives out leads today whose work
    was last month): then that was done by `at` at the latest."""
    lead.reached = {status: _earlier(moment, at) for status, moment in lead.reached.items()}
    lead.owners = [{**owner, "at": _earlier(owner["at"], at)} for owner in lead.owners]


def _earlier(moment: str, at: datetime) -> str:
    return moment if datetime.fromisoformat(moment) <= at else written(at)


def text_of(value: UUID | None) -> str | None:
    """An id as JSON keeps it."""
    return None if value is None else str(value)
