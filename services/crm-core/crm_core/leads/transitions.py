"""The steps of a lead through its lifecycle; each locks the lead, takes the step and stores it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.problems import Invalid, NotFound, Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.history import moment_of
from crm_core.access.ownership import Owner, named_owner
from crm_core.access.teams.queries import team_by_id
from crm_core.leads import actions, card, lifecycle, queries, rules, store
from crm_core.leads.handing import give_by_rules, give_to, orphaned
from crm_core.leads.schemas import (
    LeadAssign,
    LeadDisqualify,
    LeadPostpone,
    LeadQualify,
    LeadReopen,
    LeadStart,
    Stepping,
)
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.loss_reasons.choosing import OTHER, chosen_reason
from crm_core.rows import put
from crm_core.scoring.queries import model_of
from crm_core.scoring.rules import Model, check_answers
from crm_core.storable import check_storable

QUALIFYING = ("authority", "need", "timeframe")


@dataclass(slots=True)
class Taking:
    """A step being taken: by whom, on which locked lead, how it was before, and what it changes so far. `by_rules`: the
    rules are to find an owner. `idle`: it changes nothing."""

    session: AsyncSession
    caller: Caller
    lead: Lead
    before: dict[str, Any]
    step: lifecycle.Step
    model: Model
    changes: store.Changes = field(default_factory=store.Changes)
    by_rules: bool = False
    idle: bool = False


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
    model = await model_of(session, caller.workspace)
    return _begun(session, lead, model, name, at=at, note=note, caller=caller, now=now)


async def end_step(taking: Taking, name: str) -> Lead:
    """Takes the step, stores it and tells of it."""
    _take(taking, name)
    await _store(taking.session, name, [taking], taking.caller, taking.step.now)
    return taking.lead


def _begun(
    session: AsyncSession,
    lead: Lead,
    model: Model,
    name: str,
    *,
    at: datetime | None,
    note: str | None,
    caller: Caller,
    now: datetime,
) -> Taking:
    lifecycle.check(lead, name)
    moment = moment_of(at, caller=caller, now=now, last=lead.moved_at)
    step = lifecycle.Step(by=caller.subject, at=moment, now=now, note=note)
    return Taking(session, caller, lead, actions.audited(lead), step, model)


async def take_step(
    session: AsyncSession, lead_id: UUID, name: str, wanted: Stepping, *, caller: Caller, now: datetime
) -> Lead:
    """One lead takes one step; raises `NotFound`, `TransitionNotAllowed`, and what the step itself refuses."""
    (taken,) = await take_steps(session, name, [(lead_id, wanted)], caller=caller, now=now)
    if isinstance(taken, Problem):
        raise taken
    return taken


async def take_steps(
    session: AsyncSession, name: str, wanted: Sequence[tuple[UUID, Stepping]], *, caller: Caller, now: datetime
) -> list[Lead | Problem]:
    """Each lead takes the step, or what forbids it, in order: locked, checked and stored together, so that one that may
    not never fails its neighbours."""
    leads = await queries.leads_by_id(session, caller, [lead_id for lead_id, _ in wanted], lock=True)
    model = await model_of(session, caller.workspace)
    taken: list[Lead | Problem] = []
    takings: list[Taking] = []
    for lead_id, body in wanted:
        try:
            takings.append(await _one(session, leads, model, lead_id, name, body, caller, now))
            taken.append(takings[-1].lead)
        except Problem as problem:
            taken.append(problem)
    await _give_by_rules(session, takings, caller, now)
    await _store(session, name, [taking for taking in takings if not taking.idle], caller, now)
    return taken


async def _one(
    session: AsyncSession,
    leads: Mapping[UUID, Lead],
    model: Model,
    lead_id: UUID,
    name: str,
    wanted: Stepping,
    caller: Caller,
    now: datetime,
) -> Taking:
    lead = leads.get(lead_id)
    if lead is None:
        raise NotFound("There is no such lead.")
    before = dict(vars(lead))
    try:
        check_storable(wanted)
        taking = _begun(
            session,
            lead,
            model,
            name,
            at=wanted.at,
            note=wanted.note,
            caller=caller,
            now=now,
        )
        await STEPS[name].apply(taking, wanted)
    except Problem:
        vars(lead).update(before)
        raise
    return taking


async def _start(taking: Taking, _: LeadStart) -> None:
    """A lead of nobody becomes the caller's, if that is a member of staff."""
    caller = taking.caller
    if taking.lead.owner_id is None and caller.user_id is not None:
        taking.changes.handed.append((taking.lead.id, None))
        lifecycle.give(taking.lead, caller.user_id, caller.team_id or taking.lead.team_id, at=taking.step.at)
    lifecycle.answered(taking.lead, taking.step.at)
    _take(taking, "start")


async def _qualify(taking: Taking, wanted: LeadQualify) -> None:
    """What was learnt is added to what is known."""
    lead = taking.lead
    if wanted.budget is not None:
        put(lead, budget_amount=wanted.budget.amount, budget_currency=wanted.budget.currency)
    told = {name: getattr(wanted, name) for name in QUALIFYING if getattr(wanted, name) is not None}
    asked = {question.key: question for question in taking.model.questions}
    check_answers(asked, wanted.answers)
    answers = {**lead.qualification.get("answers", {}), **wanted.answers}
    put(lead, qualification={**lead.qualification, **told, "answers": answers})
    lifecycle.answered(lead, taking.step.at)
    _take(taking, "qualify")


async def _assign(taking: Taking, wanted: LeadAssign) -> None:
    """To the named owner, or by the rules. A lead that is the named owner's already stays as it is."""
    lead = taking.lead
    if wanted.owner_id is None:
        taking.by_rules = True
        if wanted.team_id is not None:
            await _move_to_team(taking, wanted.team_id)
        return
    owner = await named_owner(taking.session, taking.caller.workspace, wanted.owner_id)
    taking.idle = owner.owner_id == lead.owner_id
    if not taking.idle:
        give_to(lead, Owner(owner.owner_id, owner.team_id or lead.team_id), taking.changes, taking.step)


async def _postpone(taking: Taking, wanted: LeadPostpone) -> None:
    """Until a time after the step itself; a timer brings it back. Nobody is to answer it by then."""
    if wanted.until <= taking.step.at:
        raise Invalid.at("/until", "must be later than the step itself")
    put(taking.lead, postponed_until=wanted.until, respond_by=None)
    _take(taking, "postpone")


async def _disqualify(taking: Taking, wanted: LeadDisqualify) -> None:
    """With a reason of the catalogue; `other` says nothing without a note."""
    reason, note = await chosen_reason(
        taking.session,
        taking.caller.workspace,
        loss_reason_id=wanted.loss_reason_id,
        reason=wanted.reason,
        note=wanted.note,
    )
    if reason is None:
        raise Invalid.at("/loss_reason_id", "a disqualified lead needs a reason")
    if reason.key == OTHER and not (note or "").strip():
        raise Invalid.at("/note", "the reason other needs a note that says which")
    put(taking.lead, loss_reason_id=reason.id, loss_note=note)
    _take(taking, "disqualify")


async def _reopen(taking: Taking, _: LeadReopen) -> None:
    """By a person; an inquiry and a timer bring it back too. The lead of somebody who has left goes on by the rules."""
    _take(taking, "reopen")
    left = await orphaned(taking.session, taking.caller.workspace, [taking.lead])
    taking.by_rules = taking.lead.owner_id is not None and bool(left)


class Step(NamedTuple):
    """A step that a request asks for: what its body says, and what it does to a lead."""

    body: type[Stepping]
    apply: Callable[[Taking, Any], Awaitable[None]]


STEPS: Mapping[str, Step] = {
    "start": Step(LeadStart, _start),
    "qualify": Step(LeadQualify, _qualify),
    "assign": Step(LeadAssign, _assign),
    "postpone": Step(LeadPostpone, _postpone),
    "disqualify": Step(LeadDisqualify, _disqualify),
    "reopen": Step(LeadReopen, _reopen),
}
"""The steps that many leads can take at once; converting makes other things and is asked one by one."""


async def _give_by_rules(session: AsyncSession, takings: Sequence[Taking], caller: Caller, now: datetime) -> None:
    """To whose turn it is, all at once. Where nobody could take it a lead stays as it is, or waits in its team."""
    asked = [taking for taking in takings if taking.by_rules]
    if not asked:
        return
    handed = store.Changes()
    leads = [(taking.lead, taking.lead.owner_id) for taking in asked]
    await give_by_rules(session, caller.workspace, leads, handed, now=now)
    given = {event.subject for event in handed.events}
    for taking in asked:
        stayed = _whose(taking.lead) == (taking.before["owner_id"], taking.before["team_id"])
        taking.idle = taking.lead.id not in given and stayed and not taking.changes.history
        if taking.lead.id not in given and not stayed:
            lifecycle.touch(taking.lead, now)
            handed.events.append(lead_event("lead.unassigned", taking.lead))
    if told := next((taking for taking in asked if not taking.idle), None):
        told.changes.add(handed)


def _take(taking: Taking, name: str) -> None:
    """The lead takes the step, and it is told."""
    taking.changes.history.append(lifecycle.take(taking.lead, name, taking.step))
    card.refresh(taking.lead, taking.model, now=taking.step.now)
    taking.changes.events.append(lead_event(rules.transition(name).event, taking.lead))


async def _store(session: AsyncSession, name: str, takings: Sequence[Taking], caller: Caller, now: datetime) -> None:
    changes = store.Changes()
    for taking in takings:
        changes.add(taking.changes)
    changes.changed = list({taking.lead.id: taking.lead for taking in takings}.values())
    await store.store(session, caller.workspace, changes, by=caller.subject, now=now)
    entries = [
        audit.Change(f"lead.{name}", "lead", taking.lead.id, taking.before, actions.audited(taking.lead))
        for taking in takings
    ]
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=entries, now=now)


async def _move_to_team(taking: Taking, team_id: UUID) -> None:
    """Into another team, out of the hands of whoever had it in the one before."""
    if await team_by_id(taking.session, taking.caller.workspace, team_id) is None:
        raise Invalid.at("/team_id", "is not a team of this workspace")
    if team_id != taking.lead.team_id:
        taking.changes.handed.append((taking.lead.id, taking.lead.owner_id))
        lifecycle.give(taking.lead, None, team_id, at=taking.step.at)


def _whose(lead: Lead) -> tuple[str | None, str | None]:
    return lifecycle.text_of(lead.owner_id), lifecycle.text_of(lead.team_id)
