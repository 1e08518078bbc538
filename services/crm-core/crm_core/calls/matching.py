"""On whose timeline a call goes: found as for an inquiry, but a call makes nothing and brings nothing back."""

from typing import NamedTuple
from uuid import UUID

from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.calls.reading import Told
from crm_core.contacts.queries import contacts_seen_among
from crm_core.inquiries.placing import Surroundings, candidates
from crm_core.inquiries.rules import decide


class Target(NamedTuple):
    """What a call is about, and who owns that; on a deal also its contact."""

    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    owner: Owner | None


def target(around: Surroundings, one: Told) -> Target | None:
    """The open or postponed lead, else the newest open deal, else the contact, else the refused lead of the number;
    None when nobody is known by it."""
    leads, deals, contacts = candidates(around, one.keys)
    decision = decide(leads, deals, known_contact=bool(contacts), policy="reopen")
    if decision.deal_id is not None:
        deal = around.deals[decision.deal_id]
        return Target(None, deal.contact_id, deal.id, Owner(deal.owner_id, deal.team_id))
    if decision.lead_id is not None and (decision.outcome != "reopen" or not contacts):
        lead = around.leads.leads[decision.lead_id]
        return Target(lead.id, lead.contact_id, None, Owner(lead.owner_id, lead.team_id))
    return Target(None, contacts[0], None, None) if contacts else None


async def with_contacts_owners(
    session: AsyncSession, targets: dict[UUID, Target], caller: Caller
) -> dict[UUID, Target]:
    """The targets by call, those that are only a contact with the contact's owner."""
    contacts = [one.contact_id for one in targets.values() if one.owner is None]
    owners = await contacts_seen_among(session, caller, contacts)
    return {
        call_id: one if one.owner or one.contact_id is None else one._replace(owner=owners[one.contact_id])
        for call_id, one in targets.items()
    }
