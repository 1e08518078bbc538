"""`/v1/companies`."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all, change_each
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.paging import Page, Paging
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller

from crm_core.companies import actions, queries
from crm_core.companies.listing import COMPANIES
from crm_core.companies.schemas import CompanyCreate, CompanyOut, CompanyPatch
from crm_core.companies.tables import Company
from crm_core.conditions.parameters import documented
from crm_core.finding.listing import Asked
from crm_core.finding.pages import asked_of, find_page
from crm_core.merged import MergedAway, check_not_merged

router = APIRouter(prefix="/v1/companies", route_class=EdgeRoute, tags=["companies"])

Reader = Annotated[Caller, Allow("contacts:read")]
Writer = Annotated[Caller, Allow("contacts:write")]


Filter = Annotated[Asked, Depends(asked_of(COMPANIES.fields))]


@router.get("", openapi_extra=documented(COMPANIES.fields))
async def companies_list(
    session: ReadSession, caller: Reader, asked: Filter, paging: Paging, now: Now, request: Request, response: Response
) -> Page[CompanyOut]:
    """List companies."""
    found = await find_page(session, COMPANIES, caller, asked, paging, now=now, request=request, response=response)
    items = [CompanyOut.model_validate(row) for row in found.rows]
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.post("", status_code=201)
async def companies_create(
    wanted: CompanyCreate, session: Session, caller: Writer, now: Now, response: Response
) -> CompanyOut:
    """Add a company."""
    company = await actions.create_company(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/companies/{company.id}"
    with_etag(response, company.version)
    return CompanyOut.model_validate(company)


@router.post("/bulk")
async def companies_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 companies, answered one by one."""

    async def act(items: list[CompanyCreate]) -> list[UUID | Problem]:
        made = await actions.create_companies(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, CompanyCreate, act)


@router.patch("/bulk")
async def companies_bulk_update(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Change up to 1,000 companies, each by a merge patch with its `id`, answered one by one.
    With `version` an item is refused (412) when the company has another one by now."""
    find = partial(queries.company_by_id, session, caller.workspace, lock=True)
    return await change_each(
        session, wanted.items, CompanyPatch, find, partial(actions.change_company, session, caller=caller, now=now)
    )


@router.get("/{company_id}", responses=problems(NotFound, MergedAway))
async def companies_get(company_id: UUID, session: ReadSession, caller: Reader, response: Response) -> CompanyOut:
    """Show a company; the id of one that was merged leads to the survivor."""
    await check_not_merged(session, Company, caller, company_id, path="/v1/companies", owned=False)
    company = await queries.company_by_id(session, caller.workspace, company_id)
    with_etag(response, company.version)
    return CompanyOut.model_validate(company)


@router.patch("/{company_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def companies_update(
    company_id: UUID,
    wanted: CompanyPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> CompanyOut:
    """Change a company by JSON Merge Patch."""
    company = await queries.company_by_id(session, caller.workspace, company_id, lock=True)
    check_version(if_match, company.version)
    await actions.change_company(session, company, wanted, caller=caller, now=now)
    with_etag(response, company.version)
    return CompanyOut.model_validate(company)
