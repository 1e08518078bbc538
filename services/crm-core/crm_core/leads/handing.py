"""New owners for leads, by the rules of assignment or by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.ownership import Owner
from crm_core.assignment.actions import Outcome, Wanted, by_hand, hand_out
from crm_core.leads import lifecycle
from crm_core.leads.points import asked_facts
from crm_core.leads.store import Changes
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event

NONE: Mapping[UUID, Mapping[str, Any]] = {}


async def give_by_rules(
    session: AsyncSession,
    workspace_id: UUID,
    leads: Sequence[tuple[Lead, UUID | None]],
    changes: Changes,
    *,
    outgoing: Mapping[UUID, Mapping[str, Any]] = NONE,
    excluded: frozenset[UUID] = frozenset(),
    now: datetime,
) -> None:
    """Gives each lead (told with the person's previous owner, if any) to whoever's turn it is, but to none of the
    excluded. A lead for which nobody is available keeps its owner, or waits in its team's queue.

    Locks whose turn it is, so it comes after every other lock; what happened goes into `changes`. `outgoing` has the
    attribution of leads whose events were made already."""
    wanted = [
        Wanted(
            lead_id=lead.id, team_id=lead.team_id, previous_owner_id=previous, facts=partial(asked_facts, lead),
            custom=lead.custom, excluded=excluded,
        )
        for lead, previous in leads
    ]  # fmt: skip
    outcomes, turns = await hand_out(session, workspace_id, wanted, now=now)
    changes.also += turns
    step = lifecycle.Step(by=SYSTEM, at=now, now=now, by_rules=True)
    for (lead, _), outcome in zip(leads, outcomes, strict=True):
        if outcome.owner_id is not None and outcome.owner_id != lead.owner_id:
            _hand_over(lead, outcome, changes, step, outgoing)
        elif lead.owner_id is None:
            lifecycle.give(lead, None, outcome.team_id, at=now)
            changes.outcomes.append(outcome)


def give_to(
    lead: Lead,
    owner: Owner,
    changes: Changes,
    step: lifecycle.Step,
    *,
    outgoing: Mapping[UUID, Mapping[str, Any]] = NONE,
) -> None:
    """Gives the lead to the one a person named; raises `TransitionNotAllowed`."""
    assert owner.owner_id is not None
    _hand_over(lead, by_hand(lead.id, owner_id=owner.owner_id, team_id=owner.team_id), changes, step, outgoing)


def _hand_over(
    lead: Lead,
    outcome: Outcome,
    changes: Changes,
    step: lifecycle.Step,
    outgoing: Mapping[UUID, Mapping[str, Any]],
) -> None:
    event = "lead.assigned" if lead.owner_id is None else "lead.reassigned"
    owners = {"from": lifecycle.text_of(lead.owner_id), "to": lifecycle.text_of(outcome.owner_id)}
    row = lifecycle.take(lead, "assign", replace(step, data=owners))
    lifecycle.give(lead, outcome.owner_id, outcome.team_id, at=step.at)
    changes.history.append(row)
    changes.outcomes.append(outcome)
    changes.events.append(lead_event(event, lead, outgoing.get(lead.id)))
