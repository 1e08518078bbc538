"""Leads added and changed by hand; their steps through the lifecycle are in `transitions`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.etags import check_version
from leadkit.merge_patch import changes, merged
from leadkit.problems import Invalid, NotFound, Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.history import moment_of
from crm_core.access.ownership import Owner
from crm_core.access.teams.queries import team_by_id
from crm_core.access.users.queries import users_by_id
from crm_core.contacts.points import Point
from crm_core.contacts.queries import contacts_by_points, normalised_points
from crm_core.custom_fields.queries import Customs, customs_for
from crm_core.leads import arrivals, card, lifecycle, queries, store
from crm_core.leads.arrivals import Arrivals
from crm_core.leads.schemas import LeadCreate, LeadOut, LeadPatch
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.merged import AlreadyMerged
from crm_core.scoring.queries import model_of
from crm_core.scoring.rules import Model, check_answers
from crm_core.storable import check_storable
from crm_core.unmatched.queries import unmatched_among

NEVER_NULL = ("person", "phones", "emails", "messengers", "custom", "tags", "qualification")
POINT_FIELDS = ("phones", "emails", "messengers")


async def create_leads(
    session: AsyncSession, wanted: Sequence[LeadCreate], *, caller: Caller, now: datetime
) -> list[Lead | Problem]:
    """A lead for each card, or what is wrong with it, in order; a handful of statements for all.

    Nobody named as owner: a manager keeps it, else the rules of assignment decide."""
    customs = await customs_for(session, caller.workspace, "lead", [one.custom for one in wanted])
    read = [await _read(session, one, customs, caller, now) for one in wanted]
    starts = [one for one in read if not isinstance(one, Problem)]
    never = await unmatched_among(
        session, caller.workspace, (point for beginning in starts for point in beginning.points)
    )
    for beginning in starts:
        beginning.unmatched = never
    points = list({point for beginning in starts for point in beginning.keys})
    await store.lock_keys(session, caller.workspace, points)
    around = await arrivals.meet(session, caller.workspace, points, ())
    contacts = await contacts_by_points(session, caller.workspace, points)
    owners = await users_by_id(session, caller.workspace, [one.owner_id for one in wanted if one.owner_id])
    made: list[Lead | Problem] = []
    for one, start in zip(wanted, read, strict=True):
        if isinstance(start, Problem):
            made.append(start)
        elif one.owner_id is not None and not (one.owner_id in owners and owners[one.owner_id].active):
            made.append(Invalid.at("/owner_id", "is not an active user of this workspace"))
        else:
            lead = _begin(around, start, contacts, by=caller.subject, now=now)
            lead.team_id = one.team_id
            owner = owners[one.owner_id] if one.owner_id else None
            if owner is not None:
                around.named[lead.id] = Owner(owner.id, owner.team_id or one.team_id)
            elif caller.role == "manager" and caller.user_id is not None and one.team_id is None:
                around.named[lead.id] = Owner(caller.user_id, caller.team_id)
            made.append(lead)
    await arrivals.finish(session, around, by=caller.subject, now=now)
    await _audit_new(session, around.changes.created, caller, now)
    return made


async def change_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadPatch, version: int | None, *, caller: Caller, now: datetime
) -> Lead:
    """Applies a merge patch to the version that the caller knows."""
    (changed,) = await change_leads(session, [Patching(lead_id, wanted, version)], caller=caller, now=now)
    if isinstance(changed, Problem):
        raise changed
    return changed


class Patching(NamedTuple):
    """What of a lead is to change, and which version of it the caller knows."""

    lead_id: UUID
    wanted: LeadPatch
    version: int | None


async def change_leads(
    session: AsyncSession, patches: Sequence[Patching], *, caller: Caller, now: datetime
) -> list[Lead | Problem]:
    """Each lead with its merge patch, or what forbids it, in order; locked and stored together."""
    points = await _points_wanted(session, patches, caller)
    told = {point for each in points if isinstance(each, list) for point in each}
    never = await unmatched_among(session, caller.workspace, told)
    await store.lock_keys(session, caller.workspace, told - never)
    leads = await queries.leads_by_id(session, caller, [patch.lead_id for patch in patches], lock=True)
    customs = await customs_for(session, caller.workspace, "lead", [one.wanted.custom or {} for one in patches])
    found, entries = store.Changes(), []
    model = await model_of(session, caller.workspace)
    changed: list[Lead | Problem] = []
    for patch, new in zip(patches, points, strict=True):
        try:
            if isinstance(new, Problem):
                raise new
            lead = leads.get(patch.lead_id)
            if lead is None:
                raise NotFound("There is no such lead.")
            if lead.merged_into is not None:
                raise AlreadyMerged(merged_into=str(lead.merged_into))
            check_version(patch.version, lead.version)
            before = audited(lead)
            _patch(lead, model, patch.wanted, new, customs, now)
        except Problem as problem:
            changed.append(problem)
            continue
        if new is not None:
            await store.forget_keys(session, lead)
            found.keys = [key for key in found.keys if key.lead_id != lead.id]
            found.keys += store.keys_for(lead, [point for point in new if point not in never])
        found.events.append(lead_event("lead.updated", lead))
        entries.append(audit.Change("lead.update", "lead", lead.id, before, audited(lead)))
        changed.append(lead)
    found.changed = list({lead.id: lead for lead in changed if isinstance(lead, Lead)}.values())
    await store.store(session, caller.workspace, found, by=caller.subject, now=now)
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=entries, now=now)
    return changed


def _patch(
    lead: Lead, model: Model, wanted: LeadPatch, points: Sequence[Point] | None, customs: Customs, now: datetime
) -> None:
    """Whatever is wrong is told before anything is changed."""
    sent = changes(wanted, never_null=NEVER_NULL)
    if "custom" in sent:
        custom = customs.values(sent.pop("custom"), before=lead.custom)
        lead.custom, lead.custom_told = custom.stored, custom.told
    if known := sent.pop("qualification", None):
        lead.qualification = _learnt(lead, model, known)
    if points is not None:
        card.put_points(lead, points)
    for field, value in sent.items():
        if field not in POINT_FIELDS:
            _put(lead, field, value, wanted)
    card.refresh(lead, model, now=now)
    lifecycle.touch(lead, now)


def _learnt(lead: Lead, model: Model, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known with this merged into it; answers fit their questions."""
    asked = {question.key: question for question in model.questions}
    check_answers(asked, known.get("answers") or {}, at="/qualification/answers")
    return merged(lead.qualification, known)


async def _points_wanted(
    session: AsyncSession, patches: Sequence[Patching], caller: Caller
) -> list[list[Point] | Problem | None]:
    """The addresses of each lead after its patch, None where it leaves them alone, or what is wrong with it."""
    moving = [
        patch.lead_id for patch in patches if any(getattr(patch.wanted, name) is not None for name in POINT_FIELDS)
    ]
    known = await queries.leads_by_id(session, caller, moving) if moving else {}
    wanted: list[list[Point] | Problem | None] = []
    for patch in patches:
        try:
            check_storable(patch.wanted)
            lead = known.get(patch.lead_id)
            wanted.append(None if lead is None else await _new_points(session, lead, patch.wanted, caller))
        except Problem as problem:
            wanted.append(problem)
    return wanted


def audited(lead: Lead) -> dict[str, Any]:
    """What the audit log compares."""
    return LeadOut.of(lead).model_dump(mode="json", exclude={"allowed", "score_points", "updated_at"})


async def _read(
    session: AsyncSession, wanted: LeadCreate, customs: Customs, caller: Caller, now: datetime
) -> card.Beginning | Problem:
    try:
        check_storable(wanted)
        custom = customs.values(wanted.custom)
        points = await normalised_points(session, caller.workspace, wanted.phones, wanted.emails, wanted.messengers)
        person = wanted.person.model_copy(update={"company": wanted.company or wanted.person.company})
        if not points and not any(person.model_dump().values()):
            raise Invalid.at("/person", "a name, a company or a way to reach the person is needed")
        if wanted.team_id is not None and await team_by_id(session, caller.workspace, wanted.team_id) is None:
            raise Invalid.at("/team_id", "is not a team of this workspace")
        occurred_at = moment_of(wanted.at, caller=caller, now=now, last=None)
    except Problem as problem:
        return problem
    return card.Beginning(
        person=person, points=points, subject=wanted.subject, message=wanted.message, product=wanted.product,
        region=wanted.region, language=wanted.language, source_id=wanted.source_id, channel=wanted.channel,
        attribution=wanted.attribution, budget=wanted.budget, custom=custom.stored, custom_told=custom.told,
        tags=wanted.tags, occurred_at=occurred_at,
    )  # fmt: skip


def _begin(
    around: Arrivals,
    start: card.Beginning,
    contacts: dict[tuple[str, str], list[UUID]],
    *,
    by: str,
    now: datetime,
) -> Lead:
    known = next((contacts[point][0] for point in start.keys if point in contacts), None)
    start.contact_id, start.repeat = known, known is not None or bool(around.of(start.keys))
    lead = arrivals.create(around, start, previous_owner=None, by=by, now=now)
    arrivals.suggest(around, lead.id, start.keys, now=now)
    return lead


async def _audit_new(session: AsyncSession, leads: Sequence[Lead], caller: Caller, now: datetime) -> None:
    made = [audit.Change("lead.create", "lead", lead.id, after=audited(lead)) for lead in leads]
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=made, now=now)


async def _new_points(session: AsyncSession, lead: Lead, wanted: LeadPatch, caller: Caller) -> list[Point]:
    """The addresses after the patch."""
    known = LeadOut.of(lead)
    return await normalised_points(
        session,
        caller.workspace,
        known.phones if wanted.phones is None else wanted.phones,
        known.emails if wanted.emails is None else wanted.emails,
        known.messengers if wanted.messengers is None else wanted.messengers,
    )


def _put(lead: Lead, field: str, value: Any, wanted: LeadPatch) -> None:
    if field == "company":
        lead.person = {**lead.person, "company": value}
    elif field == "person":
        lead.person = {**lead.person, **value}
    elif field == "budget":
        lead.budget_amount = wanted.budget.amount if wanted.budget else None
        lead.budget_currency = wanted.budget.currency if wanted.budget else None
    elif field == "temperature":
        lead.temperature_set = value is not None
        lead.temperature = value or lead.temperature
    else:
        setattr(lead, field, value)
