"""The steps of a lead through its lifecycle; each locks the lead, takes the step and stores it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.history import moment_of
from crm_core.access.ownership import Owner, named_owner
from crm_core.access.teams.queries import team_by_id
from crm_core.leads import actions, card, lifecycle, queries, rules, store
from crm_core.leads.handing import give_by_rules, give_to
from crm_core.leads.schemas import LeadAssign, LeadDisqualify, LeadPostpone, LeadQualify, LeadReopen, LeadStart
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.loss_reasons.choosing import chosen_reason
from crm_core.storable import check_storable

QUALIFYING = ("authority", "need", "timeframe")


@dataclass(slots=True)
class Taking:
    """A step being taken: by whom, on which locked lead, how it was before, and what it changes so far."""

    session: AsyncSession
    caller: Caller
    lead: Lead
    before: dict[str, Any]
    step: lifecycle.Step
    changes: store.Changes


async def begin_step(
    session: AsyncSession,
    lead_id: UUID,
    name: str,
    *,
    at: datetime | None,
    note: str | None,
    caller: Caller,
    now: datetime,
) -> Taking:
    """Locks the lead; raises `NotFound`, `TransitionNotAllowed`, or what `at` may not be."""
    lead = await queries.lead_by_id(session, caller, lead_id, lock=True)
    lifecycle.check(lead, name)
    moment = moment_of(at, caller=caller, now=now, last=lead.moved_at)
    step = lifecycle.Step(by=caller.subject, at=moment, now=now, note=note)
    return Taking(session, caller, lead, actions.audited(lead), step, store.Changes(changed=[lead]))


async def end_step(taking: Taking, name: str) -> Lead:
    """Takes the step, stores it and tells of it."""
    lead, changes = taking.lead, taking.changes
    changes.history.append(lifecycle.take(lead, name, taking.step))
    card.refresh(lead)
    changes.events.append(lead_event(rules.transition(name).event, lead))
    return await _stored(taking, name)


async def start_lead(session: AsyncSession, lead_id: UUID, wanted: LeadStart, *, caller: Caller, now: datetime) -> Lead:
    """The first contact was made. A lead of nobody becomes the caller's, if that is a member of staff."""
    taking = await begin_step(session, lead_id, "start", at=wanted.at, note=wanted.note, caller=caller, now=now)
    if taking.lead.owner_id is None and caller.user_id is not None:
        lifecycle.give(taking.lead, caller.user_id, caller.team_id or taking.lead.team_id, at=taking.step.at)
    lifecycle.answered(taking.lead, taking.step.at)
    return await end_step(taking, "start")


async def qualify_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadQualify, *, caller: Caller, now: datetime
) -> Lead:
    """Worth an offer; what was learnt is added to what is known."""
    check_storable(wanted)
    taking = await begin_step(session, lead_id, "qualify", at=wanted.at, note=wanted.note, caller=caller, now=now)
    lead = taking.lead
    if wanted.budget is not None:
        lead.budget_amount, lead.budget_currency = wanted.budget.amount, wanted.budget.currency
    told = {name: getattr(wanted, name) for name in QUALIFYING if getattr(wanted, name) is not None}
    answers = {**lead.qualification.get("answers", {}), **wanted.answers}
    lead.qualification = {**lead.qualification, **told, "answers": answers}
    lifecycle.answered(lead, taking.step.at)
    return await end_step(taking, "qualify")


async def assign_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadAssign, *, caller: Caller, now: datetime
) -> Lead:
    """To the named owner, or by the rules. A lead that is the named owner's already stays as it is, and so does one
    that nobody of its team could take."""
    taking = await begin_step(session, lead_id, "assign", at=wanted.at, note=wanted.note, caller=caller, now=now)
    lead = taking.lead
    if wanted.owner_id is not None:
        owner = await named_owner(session, caller.workspace, wanted.owner_id)
        if owner.owner_id == lead.owner_id:
            return lead
        give_to(lead, Owner(owner.owner_id, owner.team_id or lead.team_id), taking.changes, taking.step)
    else:
        if wanted.team_id is not None:
            await _move_to_team(taking, wanted.team_id)
        await give_by_rules(session, caller.workspace, [(lead, lead.owner_id)], taking.changes, now=now)
    if not taking.changes.events:
        if _whose(lead) == (taking.before["owner_id"], taking.before["team_id"]):
            return lead
        lifecycle.touch(lead, now)
        taking.changes.events.append(lead_event("lead.unassigned", lead))
    return await _stored(taking, "assign")


async def postpone_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadPostpone, *, caller: Caller, now: datetime
) -> Lead:
    """Until a time after the step itself; a timer brings it back."""
    taking = await begin_step(session, lead_id, "postpone", at=wanted.at, note=wanted.note, caller=caller, now=now)
    if wanted.until <= taking.step.at:
        raise Invalid.at("/until", "must be later than the step itself")
    taking.lead.postponed_until = wanted.until
    return await end_step(taking, "postpone")


async def disqualify_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadDisqualify, *, caller: Caller, now: datetime
) -> Lead:
    """Refused, with a reason of the catalogue."""
    taking = await begin_step(session, lead_id, "disqualify", at=wanted.at, note=wanted.note, caller=caller, now=now)
    reason, note = await chosen_reason(
        session, caller.workspace, loss_reason_id=wanted.loss_reason_id, reason=wanted.reason, note=wanted.note
    )
    if reason is None:
        raise Invalid.at("/loss_reason_id", "a disqualified lead needs a reason")
    taking.lead.loss_reason_id, taking.lead.loss_note = reason.id, note
    return await end_step(taking, "disqualify")


async def reopen_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadReopen, *, caller: Caller, now: datetime
) -> Lead:
    """Back to where it was; why it was refused stays in its history."""
    taking = await begin_step(session, lead_id, "reopen", at=wanted.at, note=wanted.note, caller=caller, now=now)
    taking.lead.loss_reason_id = taking.lead.loss_note = None
    return await end_step(taking, "reopen")


async def _move_to_team(taking: Taking, team_id: UUID) -> None:
    """Into another team, out of the hands of whoever had it in the one before."""
    if await team_by_id(taking.session, taking.caller.workspace, team_id) is None:
        raise Invalid.at("/team_id", "is not a team of this workspace")
    if team_id != taking.lead.team_id:
        lifecycle.give(taking.lead, None, team_id, at=taking.step.at)


def _whose(lead: Lead) -> tuple[str | None, str | None]:
    return lifecycle.text_of(lead.owner_id), lifecycle.text_of(lead.team_id)


async def _stored(taking: Taking, name: str) -> Lead:
    lead, caller, now = taking.lead, taking.caller, taking.step.now
    await store.store(taking.session, caller.workspace, taking.changes, by=caller.subject, now=now)
    await actions.record(taking.session, lead, f"lead.{name}", before=taking.before, by=caller.subject, now=now)
    return lead
