"""Making and changing contacts; each change is told with the whole non-personal state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.inquiry import Messenger, Person
from leadkit.ids import new_id
from leadkit.merge_patch import changes, merged
from leadkit.outbox import NewEvent, publish
from leadkit.problems import Invalid, Problem
from leadkit.tokens import Caller
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.ownership import Owner, Owners, kept_owner, named_owner
from crm_core.companies.queries import companies_among, company_by_id
from crm_core.contacts import queries
from crm_core.contacts.points import HasValue, Point, points_of
from crm_core.contacts.rules import NAMES, chosen, filled_up, search_name
from crm_core.contacts.schemas import ContactCreate, ContactOut, ContactPatch
from crm_core.contacts.tables import Contact, ContactLead, ContactPoint
from crm_core.custom_fields.queries import customs_for
from crm_core.custom_fields.rules import Values
from crm_core.finding.words import search_text
from crm_core.naming import named
from crm_core.rows import Write, insert_rows, new_row, write
from crm_core.storable import check_storable
from crm_core.unmatched.queries import unmatched_among

NEVER_NULL = ("kind", "person", "phones", "emails", "messengers", "addresses", "legal", "custom", "tags")
MOST_TAGS = 100
POINT_FIELDS = ("phones", "emails", "messengers", "preferred")


class ContactTold(NamedTuple):
    """What a lead tells of a person beside names and addresses."""

    position: str | None = None
    legal: Mapping[str, Any] = MappingProxyType({})
    tags: Sequence[str] = ()
    custom: Mapping[str, Any] = MappingProxyType({})


class Draft(NamedTuple):
    """A new contact with what belongs to it, not stored yet."""

    contact: Contact
    points: Sequence[ContactPoint]
    leads: Sequence[ContactLead]


async def create_contact(session: AsyncSession, wanted: ContactCreate, *, caller: Caller, now: datetime) -> Contact:
    """A new contact; raises `Invalid` for a phone, e-mail, company or owner that is none."""
    (made,) = await create_contacts(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    return made


async def create_contacts(
    session: AsyncSession, wanted: Sequence[ContactCreate], *, caller: Caller, now: datetime
) -> list[Contact | Problem]:
    """A new contact for each, or what is wrong with it, in order; a handful of statements for all."""
    region = await queries.default_region(session, caller.workspace)
    companies = await companies_among(session, caller.workspace, [one.company_id for one in wanted])
    owners = await Owners.among(session, [one.owner_id for one in wanted], caller)
    customs = await customs_for(session, caller.workspace, "contact", [one.custom for one in wanted])
    drafts: list[Draft] = []
    made: list[Contact | Problem] = []
    for one in wanted:
        try:
            check_storable(one)
            points = points_of(one.phones, one.emails, one.messengers, region=region)
            if one.company_id is not None and one.company_id not in companies:
                raise Invalid.at("/company_id", "There is no such company.")
            custom = customs.values(one.custom)
            drafts.append(_draft(caller.workspace, one, points, owners.of(one.owner_id), custom=custom, now=now))
            made.append(drafts[-1].contact)
        except Problem as problem:
            made.append(problem)
    await _store(session, caller.workspace, drafts, by=caller.subject, now=now)
    return made


async def match_or_create_contact(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    person: Person,
    phones: Sequence[str],
    emails: Sequence[str],
    messengers: Sequence[Messenger],
    told: ContactTold,
    company_id: UUID | None,
    owner_id: UUID | None,
    lead_id: UUID | None,
    by: str,
    now: datetime,
) -> Contact:
    """The contact whom a (normalised) phone, else e-mail, else messenger reaches, a new one when there is none.

    A known contact keeps its owner and data, and learns what it lacked; the lead is linked to it."""
    points = points_of(phones, emails, messengers, region="")
    known = await queries.contacts_by_points(
        session, workspace_id, set(points) - await unmatched_among(session, workspace_id, points)
    )
    matched = next((known[point][0] for point in points if point in known), None)
    if matched is None:
        wanted = ContactCreate(
            person=person, company_id=company_id, position=told.position, legal=dict(told.legal), tags=list(told.tags)
        )
        customs = await customs_for(session, workspace_id, "contact", [told.custom])
        owner = await kept_owner(session, workspace_id, owner_id)
        draft = _draft(
            workspace_id, wanted, points, owner, lead_id=lead_id, custom=customs.fitting(told.custom), now=now
        )
        await _store(session, workspace_id, [draft], by=by, now=now)
        contact = draft.contact
    else:
        contact = await queries.locked(session, workspace_id, matched)
        await _learn(session, contact, person, points, told, company_id=company_id, lead_id=lead_id, by=by, now=now)
    return contact


async def link_lead(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    contact_id: UUID,
    person: Person,
    points: Sequence[Point],
    told: ContactTold,
    company_id: UUID | None,
    lead_id: UUID,
    by: str,
    now: datetime,
) -> Contact:
    """Notes that a lead belongs to a known contact, who keeps what there is and learns what it lacked: the (normalised)
    addresses of the lead too."""
    contact = await queries.locked(session, workspace_id, contact_id)
    await _learn(session, contact, person, points, told, company_id=company_id, lead_id=lead_id, by=by, now=now)
    return contact


async def change_contact(
    session: AsyncSession, contact: Contact, wanted: ContactPatch, *, caller: Caller, now: datetime
) -> Contact:
    """Applies a merge patch to a (locked) contact."""
    before = await _shown(session, contact)
    check_storable(wanted)
    sent = changes(wanted, never_null=NEVER_NULL)
    if wanted.company_id is not None:
        await named("/company_id", company_by_id(session, contact.workspace_id, wanted.company_id))
    if sent.get("owner_id") is not None:
        owner = await named_owner(session, contact.workspace_id, sent["owner_id"])
        contact.team_id = owner.team_id
    if "custom" in sent:
        customs = await customs_for(session, contact.workspace_id, "contact", [sent["custom"]])
        custom = customs.values(sent["custom"], before=contact.custom)
        sent |= {"custom": custom.stored, "custom_told": custom.told}
    if any(field in sent for field in POINT_FIELDS):
        await _replace_points(session, contact, wanted, before, sent)
    for field, value in sent.items():
        if field not in POINT_FIELDS:
            setattr(contact, field, _stored(contact, field, value))
    contact.search_name = search_name(contact.person)
    await _changed(session, contact, before=before, by=caller.subject, now=now)
    return contact


def _stored(contact: Contact, field: str, value: Any) -> Any:
    if field in ("person", "legal"):
        return merged(getattr(contact, field), value)
    if field == "addresses":
        return [address.model_dump(mode="json") for address in value]
    return value


async def _replace_points(
    session: AsyncSession, contact: Contact, wanted: ContactPatch, before: ContactOut, sent: dict[str, Any]
) -> None:
    """Lists that were sent replace the stored ones, the others stay; so does the preferred point while it exists."""
    points = await queries.normalised_points(
        session,
        contact.workspace_id,
        before.phones if wanted.phones is None else wanted.phones,
        before.emails if wanted.emails is None else wanted.emails,
        before.messengers if wanted.messengers is None else wanted.messengers,
    )
    preferred = sent.get("preferred", before.preferred)
    await session.execute(
        delete(ContactPoint).where(
            ContactPoint.workspace_id == contact.workspace_id, ContactPoint.contact_id == contact.id
        )
    )
    await insert_rows(session, _point_rows(contact.workspace_id, contact.id, points, preferred))


def _point_rows(
    workspace_id: UUID, contact_id: UUID, points: Sequence[Point], preferred: str | None, *, first: int = 0
) -> list[ContactPoint]:
    preferred = chosen(preferred, [point.value for point in points])
    return [
        new_row(
            ContactPoint, workspace_id=workspace_id, contact_id=contact_id, kind=point.kind, value=point.value,
            position=position, preferred=point.value == preferred,
        )
        for position, point in enumerate(points, start=first)
    ]  # fmt: skip


def _draft(
    workspace_id: UUID,
    wanted: ContactCreate,
    points: Sequence[Point],
    owner: Owner,
    *,
    lead_id: UUID | None = None,
    custom: Values | None = None,
    now: datetime,
) -> Draft:
    person = wanted.person.model_dump(mode="json")
    custom = custom or Values(wanted.custom, {})
    contact = new_row(
        Contact, workspace_id=workspace_id, id=new_id(), version=1, kind=wanted.kind, person=person,
        search_name=search_name(person), search_text=_searched(person, wanted.position, points),
        company_id=wanted.company_id, position=wanted.position,
        owner_id=owner.owner_id, team_id=owner.team_id,
        addresses=[address.model_dump(mode="json") for address in wanted.addresses],
        legal=wanted.legal, custom=custom.stored, custom_told=custom.told, tags=wanted.tags,
        merged_into=None, created_at=now, updated_at=now,
    )  # fmt: skip
    leads = [new_row(ContactLead, workspace_id=workspace_id, contact_id=contact.id, lead_id=lead_id)] if lead_id else []
    return Draft(contact, _point_rows(workspace_id, contact.id, points, wanted.preferred), leads)


async def _store(session: AsyncSession, workspace_id: UUID, drafts: Sequence[Draft], *, by: str, now: datetime) -> None:
    """Writes new contacts with all that belongs to them at once, and tells of them."""
    points = [point for draft in drafts for point in draft.points]
    leads = [lead for draft in drafts for lead in draft.leads]
    await write(session, [Write([draft.contact for draft in drafts]), Write(points), Write(leads)])
    links = [queries.Links(draft.points, [lead.lead_id for lead in draft.leads], []) for draft in drafts]
    entries = [
        audit.Change("contact.create", "contact", contact.id, after=ContactOut.of(contact, of).model_dump(mode="json"))
        for (contact, _, _), of in zip(drafts, links, strict=True)
    ]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)
    states = [queries.state_of(draft.contact, of) for draft, of in zip(drafts, links, strict=True)]
    await publish(session, [NewEvent("contact.created", workspace_id, state.id, state) for state in states])


async def _learn(
    session: AsyncSession,
    contact: Contact,
    person: Person,
    points: Sequence[Point],
    told: ContactTold,
    *,
    company_id: UUID | None,
    lead_id: UUID | None,
    by: str,
    now: datetime,
) -> None:
    before = await _shown(session, contact)
    known = [*before.phones, *before.emails, *(f"{one.network}:{one.id}" for one in before.messengers)]
    contact.person = filled_up(contact.person, person.model_dump(mode="json"))
    contact.search_name = search_name(contact.person)
    contact.company_id = contact.company_id or company_id
    contact.position = contact.position or told.position
    contact.legal = {**told.legal, **{name: value for name, value in contact.legal.items() if value}}
    contact.tags = list(dict.fromkeys([*contact.tags, *told.tags]))[:MOST_TAGS]
    custom = (await customs_for(session, contact.workspace_id, "contact", [told.custom])).fitting(
        told.custom, before=contact.custom
    )
    contact.custom, contact.custom_told = custom.stored, custom.told
    new = [point for point in points if point.value not in known]
    await insert_rows(session, _point_rows(contact.workspace_id, contact.id, new, None, first=len(known)))
    await _link(session, contact, lead_id)
    await _changed(session, contact, before=before, by=by, now=now)


def _searched(person: Mapping[str, Any], position: str | None, points: Sequence[HasValue]) -> str:
    return search_text([*(person.get(field) for field in NAMES), person.get("company"), position], points)


async def _link(session: AsyncSession, contact: Contact, lead_id: UUID | None) -> None:
    if lead_id is not None:
        row = {"workspace_id": contact.workspace_id, "contact_id": contact.id, "lead_id": lead_id}
        await session.execute(upsert(ContactLead).values(row).on_conflict_do_nothing())


async def _shown(session: AsyncSession, contact: Contact) -> ContactOut:
    links = await queries.links_of(session, contact.workspace_id, [contact.id])
    return ContactOut.of(contact, links[contact.id])


async def _changed(session: AsyncSession, contact: Contact, *, before: ContactOut, by: str, now: datetime) -> None:
    contact.version += 1
    contact.updated_at = now
    await session.flush()
    links = (await queries.links_of(session, contact.workspace_id, [contact.id]))[contact.id]
    contact.search_text = _searched(contact.person, contact.position, links.points)
    await session.flush()
    await audit.record(
        session,
        workspace_id=contact.workspace_id,
        by=by,
        action="contact.update",
        subject_type="contact",
        subject_id=contact.id,
        before=before.model_dump(mode="json"),
        after=ContactOut.of(contact, links).model_dump(mode="json"),
        now=now,
    )
    state = queries.state_of(contact, links)
    await publish(session, [NewEvent("contact.updated", contact.workspace_id, contact.id, state)])
