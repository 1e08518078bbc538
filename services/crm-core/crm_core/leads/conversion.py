"""Converting a lead: contact, company and deal in one transaction, each linked to the others, nothing retyped."""

from datetime import datetime
from uuid import UUID

from leadkit.contracts.inquiry import Messenger, Person
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner, kept_owner, named_owner
from crm_core.activities.following import follow_deal
from crm_core.companies.actions import match_or_create_company
from crm_core.contacts.actions import link_lead, match_or_create_contact
from crm_core.contacts.queries import contact_by_id
from crm_core.deals.actions import create_deal
from crm_core.deals.schemas import DealCreate
from crm_core.leads import lifecycle, store
from crm_core.leads.card import points_on
from crm_core.leads.carrying import Carried
from crm_core.leads.schemas import LeadConvert
from crm_core.leads.tables import Lead
from crm_core.leads.transitions import Taking, begin_step, end_step
from crm_core.naming import named, within


async def convert_lead(
    session: AsyncSession, lead_id: UUID, wanted: LeadConvert, *, caller: Caller, now: datetime
) -> Lead:
    """The lead becomes a deal of a contact; both keep their link to it. Raises `Invalid` for what is named and is not
    there."""
    await store.lock_persons(session, caller.workspace, [lead_id])
    taking = await begin_step(session, lead_id, "convert", at=wanted.at, note=wanted.note, caller=caller, now=now)
    owner = await _owner(session, taking.lead, wanted.owner_id)
    carried = await Carried.of(session, taking.lead, wanted)
    company_id = await _company(taking, carried, owner)
    contact_id = await _contact(taking, wanted, carried, owner, company_id)
    links = {"lead_id": lead_id, "contact_id": contact_id, "company_id": company_id}
    deal_id = await within("/deal", _deal(taking, wanted, carried.deal.model_copy(update=links), carried, owner))
    taking.lead.contact_id, taking.lead.deal_id = contact_id, deal_id
    await follow_deal(session, caller.workspace, lead_id, deal_id=deal_id, contact_id=contact_id, now=now)
    lifecycle.answered(taking.lead, taking.step.at)
    return await end_step(taking, "convert")


async def _deal(taking: Taking, wanted: LeadConvert, deal: DealCreate, carried: Carried, owner: Owner) -> UUID:
    """With an owner of its own if one is named."""
    session, workspace_id = taking.session, taking.caller.workspace
    if wanted.deal.owner_id is not None:
        owner = await named_owner(session, workspace_id, wanted.deal.owner_id)
    made = await create_deal(
        session,
        deal,
        workspace_id=workspace_id,
        owner=owner,
        carried=carried.deal_custom,
        by=taking.caller.subject,
        now=taking.step.at,
    )
    return made.id


async def _owner(session: AsyncSession, lead: Lead, owner_id: UUID | None) -> Owner:
    """The one named, else the lead's, else nobody in the lead's team."""
    if owner_id is not None:
        return await named_owner(session, lead.workspace_id, owner_id)
    if lead.owner_id is not None:
        return await kept_owner(session, lead.workspace_id, lead.owner_id)
    return Owner(None, lead.team_id)


async def _company(taking: Taking, carried: Carried, owner: Owner) -> UUID | None:
    if not (carried.company.name or carried.company.tax_number or carried.domains):
        return None
    company = await match_or_create_company(
        taking.session,
        workspace_id=taking.caller.workspace,
        told=carried.company,
        domains=carried.domains,
        owner_id=owner.owner_id,
        by=taking.caller.subject,
        now=taking.step.at,
    )
    return company.id if company else None


async def _contact(
    taking: Taking, wanted: LeadConvert, carried: Carried, owner: Owner, company_id: UUID | None
) -> UUID:
    """The contact named, else the one the lead is linked to, else whom its addresses reach, else a new one."""
    session, lead, workspace_id, by = taking.session, taking.lead, taking.caller.workspace, taking.caller.subject
    person, chosen = Person.model_validate(lead.person), wanted.contact_id
    if chosen is not None and chosen != lead.contact_id:
        await named("/contact_id", contact_by_id(session, taking.caller, chosen))
        person = Person()  # maybe somebody else's name
    if known := chosen or lead.contact_id:
        contact = await link_lead(
            session,
            workspace_id=workspace_id,
            contact_id=known,
            person=person,
            points=points_on(lead),
            told=carried.contact,
            company_id=company_id,
            lead_id=lead.id,
            by=by,
            now=taking.step.at,
        )
        return contact.id
    contact = await match_or_create_contact(
        session,
        workspace_id=workspace_id,
        person=person,
        phones=lead.phones,
        emails=lead.emails,
        messengers=[Messenger.model_validate(one) for one in lead.messengers],
        told=carried.contact,
        company_id=company_id,
        owner_id=owner.owner_id,
        lead_id=lead.id,
        by=by,
        now=taking.step.at,
    )
    return contact.id
