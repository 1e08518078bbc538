"""New owners for leads, by the rules of assignment or by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.ownership import Owner
from crm_core.access.users.queries import users_by_id
from crm_core.assignment.actions import Outcome, Wanted, hand_out, without_rules
from crm_core.deadlines.actions import Promise, set_deadlines
from crm_core.leads import lifecycle
from crm_core.leads.points import asked_facts
from crm_core.leads.store import Changes
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.rows import Write, put

NONE: Mapping[UUID, Mapping[str, Any]] = {}
NOBODY: Mapping[UUID, frozenset[UUID]] = {}


async def give_by_rules(
    session: AsyncSession,
    workspace_id: UUID,
    leads: Sequence[tuple[Lead, UUID | None]],
    changes: Changes,
    *,
    outgoing: Mapping[UUID, Mapping[str, Any]] = NONE,
    excluded: Mapping[UUID, frozenset[UUID]] = NOBODY,
    now: datetime,
) -> None:
    """Gives each lead (told with the person's previous owner, if any) to whoever's turn it is, but to none of those
    excluded for it. A lead for which nobody is available keeps its owner, or waits in its team's queue. Where the rule
    expects a response of them, that has a deadline from now on.

    Locks whose turn it is, so it comes after every other lock; what happened goes into `changes`. `outgoing` has the
    attribution of leads whose events were made already."""
    wanted = [
        Wanted(
            lead_id=lead.id, team_id=lead.team_id, previous_owner_id=previous, facts=partial(asked_facts, lead),
            custom=lead.custom, excluded=excluded.get(lead.id, frozenset()),
        )
        for lead, previous in leads
    ]  # fmt: skip
    outcomes, turns = await hand_out(session, workspace_id, wanted, now=now)
    changes.also += turns
    given = [(lead, outcome) for (lead, _), outcome in zip(leads, outcomes, strict=True)]
    await _expect_response(session, workspace_id, given, changes, now)
    step = lifecycle.Step(by=SYSTEM, at=now, now=now, by_rules=True)
    for lead, outcome in given:
        if outcome.owner_id is not None and outcome.owner_id != lead.owner_id:
            hand_over(lead, outcome, changes, step, outgoing)
        elif lead.owner_id is None:
            lifecycle.give(lead, None, outcome.team_id, at=now)
            changes.outcomes.append(outcome)


async def orphaned(session: AsyncSession, workspace_id: UUID, leads: Sequence[Lead]) -> list[Lead]:
    """Those of the leads that nobody has, or somebody who is away for good."""
    owners = {lead.owner_id for lead in leads if lead.owner_id}
    users = await users_by_id(session, workspace_id, list(owners)) if owners else {}
    return [lead for lead in leads if lead.owner_id is None or not users[lead.owner_id].active]


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
    hand_over(
        lead, without_rules(lead.id, "by_hand", owner_id=owner.owner_id, team_id=owner.team_id), changes, step, outgoing
    )


def hand_over(
    lead: Lead,
    outcome: Outcome,
    changes: Changes,
    step: lifecycle.Step,
    outgoing: Mapping[UUID, Mapping[str, Any]] = NONE,
) -> None:
    """Gives the lead to the one who was found for it; raises `TransitionNotAllowed`."""
    event = "lead.assigned" if lead.owner_id is None else "lead.reassigned"
    owners = {"from": lifecycle.text_of(lead.owner_id), "to": lifecycle.text_of(outcome.owner_id)}
    row = lifecycle.take(lead, "assign", step)
    put(row, data=owners)
    changes.handed.append((lead.id, lead.owner_id))
    lifecycle.give(lead, outcome.owner_id, outcome.team_id, at=step.at)
    changes.history.append(row)
    changes.outcomes.append(outcome)
    changes.events.append(lead_event(event, lead, outgoing.get(lead.id)))


def take_away(lead: Lead, outcome: Outcome, changes: Changes, step: lifecycle.Step) -> None:
    """The lead is nobody's from now on: it waits in its team's queue."""
    changes.handed.append((lead.id, lead.owner_id))
    lifecycle.give(lead, None, lead.team_id, at=step.at)
    lifecycle.touch(lead, step.now)
    changes.outcomes.append(outcome)
    changes.events.append(lead_event("lead.unassigned", lead))


async def _expect_response(
    session: AsyncSession,
    workspace_id: UUID,
    given: Sequence[tuple[Lead, Outcome]],
    changes: Changes,
    now: datetime,
) -> None:
    """The first promise that is made for each lead; `respond_by` stays at it, whoever has the lead later."""
    leads = {lead.id: lead for lead, _ in given if lead.respond_by is None and lead.first_response_at is None}
    promises = [
        Promise(
            lead_id=lead.id, owner_id=outcome.owner_id, team_id=outcome.team_id, rule_id=outcome.rule_id,
            response=outcome.response,
        )
        for lead, outcome in given
        if outcome.owner_id is not None and outcome.response is not None and lead.id in leads
        and outcome.owner_id != lead.owner_id
    ]  # fmt: skip
    made = await set_deadlines(session, workspace_id, promises, now=now)
    due = [row for row in made if row.due_at is not None]
    for row in due:
        put(leads[row.lead_id], respond_by=row.due_at)
    changes.also.append(Write(due))
