"""`POST /v1/leads/{id}/merge` and its kin, and `/v1/merges`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.leads.lifecycle import TransitionNotAllowed
from crm_core.merged import AlreadyMerged
from crm_core.merging import actions, queries
from crm_core.merging.actions import CannotUndo
from crm_core.merging.kinds import Entity
from crm_core.merging.schemas import (
    CompanyMerged,
    ContactMerged,
    LeadMerged,
    MergeAsked,
    MergeDetail,
    MergeOut,
    MergeOutcome,
)
from crm_core.merging.tables import Merge

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["merging"])

LeadWriter = Annotated[Caller, Allow("leads:write")]
ContactWriter = Annotated[Caller, Allow("contacts:write")]
Writer = Annotated[Caller, Allow("leads:write", "contacts:write")]
Reader = Annotated[Caller, Allow("leads:read", "contacts:read")]
DryRun = Annotated[bool, Query(description="Show what would become of it, value by value, and write nothing")]


async def _merged(
    session: AsyncSession,
    entity: Entity,
    gone_id: UUID,
    wanted: MergeAsked,
    response: Response,
    **how: Any,
) -> dict[str, Any]:
    outcome = await actions.merge(session, entity, gone_id, wanted.into, note=wanted.note, **how)
    survivor: BaseModel = outcome.survivor
    with_etag(response, outcome.survivor.version)
    return {**survivor.model_dump(), "merge": MergeOutcome.of(outcome, gone_id, wanted.into)}


@router.post("/leads/{lead_id}/merge", responses=problems(NotFound, TransitionNotAllowed, AlreadyMerged))
async def leads_merge(
    lead_id: UUID,
    wanted: MergeAsked,
    session: Session,
    caller: LeadWriter,
    now: Now,
    response: Response,
    dry_run: DryRun = False,
) -> LeadMerged:
    """Merge a lead into another of the same person.
    The other keeps its own values, gets what it lacks, and all inquiries, activities and deals."""
    made = await _merged(session, "lead", lead_id, wanted, response, dry_run=dry_run, caller=caller, now=now)
    return LeadMerged.model_validate(made)


@router.post("/contacts/{contact_id}/merge", responses=problems(NotFound, AlreadyMerged))
async def contacts_merge(
    contact_id: UUID,
    wanted: MergeAsked,
    session: Session,
    caller: ContactWriter,
    now: Now,
    response: Response,
    dry_run: DryRun = False,
) -> ContactMerged:
    """Merge a contact into another of the same person.
    The other keeps its own values, gets what it lacks, and all leads, deals and activities."""
    made = await _merged(session, "contact", contact_id, wanted, response, dry_run=dry_run, caller=caller, now=now)
    return ContactMerged.model_validate(made)


@router.post("/companies/{company_id}/merge", responses=problems(NotFound, AlreadyMerged))
async def companies_merge(
    company_id: UUID,
    wanted: MergeAsked,
    session: Session,
    caller: ContactWriter,
    now: Now,
    response: Response,
    dry_run: DryRun = False,
) -> CompanyMerged:
    """Merge a company into another entry of the same organisation.
    The other keeps its own values, gets what it lacks, and all contacts and deals."""
    made = await _merged(session, "company", company_id, wanted, response, dry_run=dry_run, caller=caller, now=now)
    return CompanyMerged.model_validate(made)


@router.get("/merges")
async def merges_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    entity: Entity | None = None,
    concerning: Annotated[UUID | None, Query(description="A lead, contact or company on either side")] = None,
) -> Page[MergeOut]:
    """List merges, the newest first."""
    found, next_cursor, total = await fetch_page(
        session, queries.merges_of(caller, entity=entity, concerning=concerning), paging,
        sorts={"at": Merge.at}, default="-at", key=Merge.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[MergeOut.of(row) for row in found], next_cursor=next_cursor, total=total)


@router.get("/merges/{merge_id}", responses=problems(NotFound))
async def merges_get(merge_id: UUID, session: ReadSession, caller: Reader) -> MergeDetail:
    """Show a merge with where each value came from."""
    row = await actions.seen_merge(session, merge_id, caller=caller)
    return MergeDetail.with_values(row, await queries.values_of(session, caller.workspace, merge_id))


@router.post("/merges/{merge_id}/undo", responses=problems(NotFound, CannotUndo))
async def merges_undo(merge_id: UUID, session: Session, caller: Writer, now: Now) -> MergeOut:
    """Take a merge back: both are what they were; what came after it stays with the survivor."""
    return MergeOut.of(await actions.undo(session, merge_id, caller=caller, now=now))
