"""`/v1/duplicates`, and `GET /v1/leads/{id}/duplicates` with its kin."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.queries import company_by_id
from crm_core.contacts.queries import contact_by_id
from crm_core.duplicates import deciding, queries
from crm_core.duplicates.deciding import Decided
from crm_core.duplicates.finding import look_for_duplicates, source_of
from crm_core.duplicates.schemas import DuplicateList, DuplicateOut, DuplicatePair, Status
from crm_core.duplicates.suggesting import Entity
from crm_core.duplicates.tables import DuplicateSuggestion
from crm_core.leads.queries import lead_by_id

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["duplicates"])

LeadReader = Annotated[Caller, Allow("leads:read")]
ContactReader = Annotated[Caller, Allow("contacts:read")]
Reader = Annotated[Caller, Allow("leads:read", "contacts:read")]
Writer = Annotated[Caller, Allow("leads:write", "contacts:write")]
SORTS = {"score": DuplicateSuggestion.score, "created_at": DuplicateSuggestion.created_at}


async def _about(session: AsyncSession, caller: Caller, entity: Entity, row_id: UUID, now: datetime) -> DuplicateList:
    """What is found now is remembered, so that each has an id by which it can be dismissed."""
    await look_for_duplicates(session, source_of(entity), caller.workspace, row_id, now=now)
    found = await queries.open_about(session, caller, entity, row_id)
    return DuplicateList(items=[DuplicateOut.of(row, row_id) for row in found])


@router.get("/leads/{lead_id}/duplicates", responses=problems(NotFound))
async def leads_duplicates(lead_id: UUID, session: Session, caller: LeadReader, now: Now) -> DuplicateList:
    """List likely duplicates of a lead, with score and reason."""
    await lead_by_id(session, caller, lead_id)
    return await _about(session, caller, "lead", lead_id, now)


@router.get("/contacts/{contact_id}/duplicates", responses=problems(NotFound))
async def contacts_duplicates(contact_id: UUID, session: Session, caller: ContactReader, now: Now) -> DuplicateList:
    """List likely duplicates of a contact, with score and reason."""
    await contact_by_id(session, caller, contact_id)
    return await _about(session, caller, "contact", contact_id, now)


@router.get("/companies/{company_id}/duplicates", responses=problems(NotFound))
async def companies_duplicates(company_id: UUID, session: Session, caller: ContactReader, now: Now) -> DuplicateList:
    """List likely duplicates of a company, with score and reason."""
    await company_by_id(session, caller.workspace, company_id)
    return await _about(session, caller, "company", company_id, now)


@router.get("/duplicates")
async def duplicates_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    entity: Entity | None = None,
    status: Status = "open",
) -> Page[DuplicatePair]:
    """List pairs that may be the same, the surest first."""
    found, next_cursor, total = await fetch_page(
        session, queries.suggestions(caller, entity=entity, status=status), paging,
        sorts=SORTS, default="-score", key=DuplicateSuggestion.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[DuplicatePair.of(row) for row in found], next_cursor=next_cursor, total=total)


@router.post("/duplicates/{duplicate_id}/dismiss", responses=problems(NotFound, Decided))
async def duplicates_dismiss(duplicate_id: UUID, session: Session, caller: Writer, now: Now) -> DuplicatePair:
    """Say that the two are not the same; they are not suggested again."""
    await queries.suggestion_by_id(session, caller, duplicate_id)
    row = await deciding.dismiss(session, caller.workspace, duplicate_id, by=caller.subject, now=now)
    return DuplicatePair.of(row)
