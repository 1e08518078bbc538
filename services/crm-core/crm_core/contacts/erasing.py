"""Erasing who a contact is: its links to leads, deals and a company stay, for ever countable."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.contracts.inquiry import Person
from leadkit.outbox import NewEvent, publish
from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts import queries
from crm_core.contacts.points import Kind, Point
from crm_core.contacts.tables import Contact, ContactLead, ContactPoint


async def contacts_of(
    session: AsyncSession, workspace_id: UUID, contact_ids: Collection[UUID], lead_ids: Collection[UUID]
) -> set[UUID]:
    """These contacts, those of these leads, and those that were merged with any of them."""
    linked = select(ContactLead.contact_id).where(
        ContactLead.workspace_id == workspace_id, ContactLead.lead_id.in_(lead_ids)
    )
    named = or_(Contact.id.in_(contact_ids), Contact.id.in_(linked))
    rows = await session.execute(
        select(Contact.id, Contact.merged_into).where(
            Contact.workspace_id == workspace_id, or_(named, Contact.merged_into.in_(contact_ids))
        )
    )
    return {one for row in rows for one in row if one is not None}


async def contacts_with(session: AsyncSession, workspace_id: UUID, points: Collection[Point]) -> set[UUID]:
    """Whom these addresses reach, merged contacts included."""
    found = await session.scalars(
        select(ContactPoint.contact_id).where(
            ContactPoint.workspace_id == workspace_id, tuple_(ContactPoint.kind, ContactPoint.value).in_(list(points))
        )
    )
    return set(found)


async def leads_and_points_of(
    session: AsyncSession, workspace_id: UUID, contact_ids: Collection[UUID]
) -> tuple[set[UUID], set[Point]]:
    """The leads that belong to these contacts, and how these are reached."""
    leads = await session.scalars(
        select(ContactLead.lead_id).where(
            ContactLead.workspace_id == workspace_id, ContactLead.contact_id.in_(contact_ids)
        )
    )
    points = await session.execute(
        select(ContactPoint.kind, ContactPoint.value).where(
            ContactPoint.workspace_id == workspace_id, ContactPoint.contact_id.in_(contact_ids)
        )
    )
    return set(leads), {Point(cast(Kind, kind), value) for kind, value in points}


async def erase_contacts(
    session: AsyncSession, workspace_id: UUID, contact_ids: Sequence[UUID], *, now: datetime
) -> set[UUID]:
    """Empties the cards of these contacts and tells of each; answers the companies they belong to."""
    statement = select(Contact).where(Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids))
    contacts = list(await session.scalars(statement.order_by(Contact.id).with_for_update()))
    for contact in contacts:
        _empty(contact, now)
    await session.execute(
        delete(ContactPoint).where(ContactPoint.workspace_id == workspace_id, ContactPoint.contact_id.in_(contact_ids))
    )
    await session.flush()
    links = await queries.links_of(session, workspace_id, contact_ids)
    states = [queries.state_of(contact, links[contact.id]) for contact in contacts]
    await publish(session, [NewEvent("contact.erased", workspace_id, state.id, state) for state in states])
    return {contact.company_id for contact in contacts if contact.company_id is not None}


def _empty(contact: Contact, now: datetime) -> None:
    contact.person = Person().model_dump()
    contact.search_name = contact.search_text = ""
    contact.position = None
    contact.addresses, contact.legal, contact.custom = [], {}, {}
    contact.version += 1
    contact.updated_at = now
