"""A contact merged into another of the same person, and taken out again.

The one merged away keeps its card and its points; what they say goes to the survivor, its leads too."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.inquiry import Messenger
from leadkit.outbox import NewEvent, publish
from leadkit.problems import Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.visibility import visible
from crm_core.contacts import queries
from crm_core.contacts.points import messenger
from crm_core.contacts.rules import NAMES, search_name
from crm_core.contacts.schemas import ContactOut
from crm_core.contacts.tables import Contact, ContactLead, ContactPoint
from crm_core.finding.words import search_text
from crm_core.merged import AlreadyMerged, Deed
from crm_core.rows import insert_rows, new_row

COLUMNS = ("person", "position", "addresses", "legal", "custom", "tags")
POINTS = {"phones": "phone", "emails": "email", "messengers": "messenger"}
SHOWN = (*COLUMNS, *POINTS, "company_id")


class Pair(NamedTuple):
    """The contact that goes and the one that stays."""

    gone: Contact
    into: Contact


async def pair(session: AsyncSession, caller: Caller, gone_id: UUID, into_id: UUID, *, lock: bool) -> Pair:
    """Both contacts, merged ones too, locked if asked; raises `NotFound`, or `Invalid` for the one to merge into."""
    wanted = (
        select(Contact)
        .where(
            Contact.workspace_id == caller.workspace,
            Contact.id.in_([gone_id, into_id]),
            visible(caller, owner=Contact.owner_id, team=Contact.team_id),
        )
        .order_by(Contact.id)
    )
    found = {row.id: row for row in await session.scalars(wanted.with_for_update() if lock else wanted)}
    if gone_id not in found:
        raise NotFound("There is no such contact.")
    if into_id not in found:
        raise Invalid.at("/into", "is not a contact that you may see")
    return Pair(found[gone_id], found[into_id])


def check_mergeable(two: Pair) -> None:
    """Raises `AlreadyMerged` for what was merged before."""
    for contact in two:
        if contact.merged_into is not None:
            raise AlreadyMerged("One of the contacts was merged before.", merged_into=str(contact.merged_into))


async def card_of(session: AsyncSession, contact: Contact) -> dict[str, Any]:
    """What two contacts are compared by, as JSON."""
    return (await _out(session, contact)).model_dump(mode="json", include=set(SHOWN))


async def shown(session: AsyncSession, contact: Contact, changes: Mapping[str, Any]) -> ContactOut:
    """The contact as clients see it, with these fields of its card."""
    return ContactOut.model_validate({**(await _out(session, contact)).model_dump(), **changes})


async def join(
    session: AsyncSession,
    two: Pair,
    merged_card: Mapping[str, Any],
    deed: Deed,
) -> dict[str, Any]:
    """The survivor gets the card and the leads, the other is marked; answers what taking it back needs to know."""
    gone, into = two
    before = [(contact, await _out(session, contact)) for contact in two]
    gone.merged_into = into.id
    own = set(before[1][1].lead_ids)
    leads = [lead_id for lead_id in before[0][1].lead_ids if lead_id not in own]
    rows = [{"workspace_id": into.workspace_id, "contact_id": into.id, "lead_id": lead_id} for lead_id in leads]
    if rows:
        await session.execute(upsert(ContactLead).values(rows).on_conflict_do_nothing())
    told = {**gone.custom_told, **into.custom_told}
    await _put_card(session, into, merged_card)
    into.custom_told = {name: told[name] for name in into.custom if name in told}
    await _told(session, before, "merge", "contact.merged", deed)
    return {"leads": [str(lead_id) for lead_id in leads]}


def check_separable(two: Pair) -> str | None:
    """Why a merge of these cannot be taken back, if so."""
    if two.into.merged_into is not None:
        return "the survivor was merged into another, which has to be undone first"
    if two.gone.merged_into != two.into.id:
        return "the contact that was merged is not merged into this one any more"
    return None


async def part(
    session: AsyncSession,
    two: Pair,
    left_card: Mapping[str, Any],
    kept: Mapping[str, Any],
    deed: Deed,
) -> None:
    """The one merged away is a contact of its own again, the survivor without what it got from it."""
    gone, into = two
    before = [(contact, await _out(session, contact)) for contact in two]
    gone.merged_into = None
    await session.execute(
        delete(ContactLead).where(
            ContactLead.workspace_id == into.workspace_id,
            ContactLead.contact_id == into.id,
            ContactLead.lead_id.in_([UUID(one) for one in kept["leads"]]),
        )
    )
    await _put_card(session, into, left_card)
    into.custom_told = {name: value for name, value in into.custom_told.items() if name in into.custom}
    await _told(session, before, "unmerge", "contact.updated", deed)


async def _put_card(session: AsyncSession, contact: Contact, values: Mapping[str, Any]) -> None:
    """The fields of a card as columns, and its points as rows: those it lacks are added, others removed."""
    for name in COLUMNS:
        setattr(contact, name, values[name])
    contact.company_id = UUID(values["company_id"]) if values["company_id"] else None
    points = await queries.points_of(session, contact)
    known = {(point.kind, point.value): point for point in points}
    wanted = list(_points(values))
    for place, point in known.items():
        if place not in wanted:
            await session.delete(point)
    last = max((point.position for point in points), default=-1)
    added = [place for place in wanted if place not in known]
    rows = [
        new_row(
            ContactPoint, workspace_id=contact.workspace_id, contact_id=contact.id, kind=kind, value=value,
            position=position, preferred=False,
        )
        for position, (kind, value) in enumerate(added, start=last + 1)
    ]  # fmt: skip
    await session.flush()
    await insert_rows(session, rows)


def _points(values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, kind in POINTS.items():
        for value in values[name]:
            yield kind, (messenger(Messenger.model_validate(value)) or "") if kind == "messenger" else value


async def _told(
    session: AsyncSession,
    before: list[tuple[Contact, ContactOut]],
    action: str,
    event: str,
    deed: Deed,
) -> None:
    """Stores both as their next versions and tells of them, the one that went or came back first."""
    for contact, _ in before:
        contact.version += 1
        contact.updated_at = deed.now
        contact.search_name = search_name(contact.person)
    await session.flush()
    links = await queries.links_of(session, deed.caller.workspace, [contact.id for contact, _ in before])
    entries, events = [], []
    for type_, (contact, shown_before) in zip((event, "contact.updated"), before, strict=True):
        texts = [*(contact.person.get(name) for name in NAMES), contact.person.get("company"), contact.position]
        contact.search_text = search_text(texts, links[contact.id].points)
        after = ContactOut.of(contact, links[contact.id]).model_dump(mode="json")
        entries.append(
            audit.Change(f"contact.{action}", "contact", contact.id, shown_before.model_dump(mode="json"), after)
        )
        state = queries.state_of(contact, links[contact.id])
        events.append(NewEvent(type_, contact.workspace_id, contact.id, state))
    await session.flush()
    await audit.record_all(
        session, workspace_id=deed.caller.workspace, by=deed.caller.subject, changes=entries, now=deed.now
    )
    await publish(session, events)


async def _out(session: AsyncSession, contact: Contact) -> ContactOut:
    links = await queries.links_of(session, contact.workspace_id, [contact.id])
    return ContactOut.of(contact, links[contact.id])
