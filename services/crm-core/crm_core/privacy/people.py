"""Who a person is to us: the contacts, leads and deals that are theirs, and how they are reached."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts import erasing as contacts
from crm_core.contacts.points import Point
from crm_core.leads import erasing as leads
from crm_core.leads import store
from crm_core.unmatched.queries import unmatched_among


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that is of one person. `points` are their own addresses, none of those that match nobody."""

    contact_ids: list[UUID]
    lead_ids: list[UUID]
    points: list[Point]


async def person_of(
    session: AsyncSession, workspace_id: UUID, *, contact_ids: Collection[UUID] = (), lead_ids: Collection[UUID] = ()
) -> Person:
    """The person of a contact or lead: what is linked or merged with it, and whatever has one of the same addresses.

    No further: somebody else's address that an inquiry also named makes nobody else the same person."""
    contacts_found, leads_found = set(contact_ids), set(lead_ids)
    contacts_found |= await contacts.contacts_of(session, workspace_id, contacts_found, leads_found)
    linked, points = await contacts.leads_and_points_of(session, workspace_id, contacts_found)
    own = await leads.leads_of(session, workspace_id, [*leads_found, *linked], list(contacts_found))
    contacts_found |= {lead.contact_id for lead in own if lead.contact_id is not None}
    points |= await leads.points_of_leads(session, workspace_id, own)
    points |= (await contacts.leads_and_points_of(session, workspace_id, contacts_found))[1]
    matching = sorted(points - await unmatched_among(session, workspace_id, points))
    alike = {lead_id for _, lead_id in await store.leads_with(session, workspace_id, matching)}
    if matching:
        contacts_found |= await contacts.contacts_with(session, workspace_id, matching)
    everything = await leads.leads_of(session, workspace_id, [*alike, *(lead.id for lead in own)], list(contacts_found))
    contacts_found |= {lead.contact_id for lead in everything if lead.contact_id is not None}
    return Person(sorted(contacts_found), sorted({lead.id for lead in everything}), matching)
