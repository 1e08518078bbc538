"""`/v1/contacts/{id}/erase`, `/export`, and the same of leads that have no contact."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.contacts.queries import contact_by_id
from crm_core.leads.queries import lead_by_id
from crm_core.privacy import actions, exporting
from crm_core.privacy.people import person_of
from crm_core.privacy.schemas import ErasureOut, PersonExport
from crm_core.secrets import DataKey

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["privacy"])

ANSWERABLE = ("admin", "head", "platform")
OfContacts = Annotated[Caller, Allow("contacts:write", roles=ANSWERABLE)]
OfLeads = Annotated[Caller, Allow("leads:write", roles=ANSWERABLE)]


@router.post("/contacts/{contact_id}/erase", responses=problems(NotFound))
async def contacts_erase(
    contact_id: UUID, session: Session, caller: OfContacts, data_key: DataKey, now: Now
) -> ErasureOut:
    """Erase the person of a contact, wherever they are known; ids and statistics stay. This cannot be undone."""
    await contact_by_id(session, caller, contact_id)
    done = await actions.erase_person(
        session, caller.workspace, data_key, contact_ids=[contact_id], by=caller.subject, now=now
    )
    return _answer(done)


@router.post("/leads/{lead_id}/erase", responses=problems(NotFound))
async def leads_erase(lead_id: UUID, session: Session, caller: OfLeads, data_key: DataKey, now: Now) -> ErasureOut:
    """Erase the person of a lead, wherever they are known; ids and statistics stay. This cannot be undone."""
    await lead_by_id(session, caller, lead_id)
    done = await actions.erase_person(
        session, caller.workspace, data_key, lead_ids=[lead_id], by=caller.subject, now=now
    )
    return _answer(done)


@router.get("/contacts/{contact_id}/export", responses=problems(NotFound))
async def contacts_export(
    contact_id: UUID, session: ReadSession, caller: OfContacts, now: Now, response: Response
) -> PersonExport:
    """Export everything known of the person of a contact."""
    await contact_by_id(session, caller, contact_id)
    response.headers.update(NOT_TO_BE_STORED)
    person = await person_of(session, caller.workspace, contact_ids=[contact_id])
    return await exporting.exported(session, caller.workspace, person, now=now)


@router.get("/leads/{lead_id}/export", responses=problems(NotFound))
async def leads_export(
    lead_id: UUID, session: ReadSession, caller: OfLeads, now: Now, response: Response
) -> PersonExport:
    """Export everything known of the person of a lead."""
    await lead_by_id(session, caller, lead_id)
    response.headers.update(NOT_TO_BE_STORED)
    person = await person_of(session, caller.workspace, lead_ids=[lead_id])
    return await exporting.exported(session, caller.workspace, person, now=now)


def _answer(done: actions.Done) -> ErasureOut:
    erasure = done.erasure
    return ErasureOut(
        id=erasure.id,
        at=erasure.at,
        contact_ids=erasure.contact_ids,
        lead_ids=erasure.lead_ids,
        deal_ids=erasure.deal_ids,
        inquiry_ids=list(done.inquiry_ids),
    )
