"""`/v1/contacts`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts import actions, queries
from crm_core.contacts.schemas import ContactCreate, ContactOut, ContactPatch, Kind
from crm_core.contacts.tables import Contact

router = APIRouter(prefix="/v1/contacts", route_class=EdgeRoute, tags=["contacts"])

Reader = Annotated[Caller, Allow("contacts:read")]
Writer = Annotated[Caller, Allow("contacts:write")]

SORTS = {"created_at": Contact.created_at, "updated_at": Contact.updated_at, "name": Contact.search_name}


def _filter(
    q: Annotated[str | None, Query(max_length=200, description="A phone, an e-mail or a part of the name")] = None,
    kind: Annotated[str | None, Query(max_length=100, description="Several by comma")] = None,
    owner_id: UUID | None = None,
    company_id: UUID | None = None,
    lead_id: UUID | None = None,
    phone: Annotated[str | None, Query(max_length=50, description="In any spelling")] = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
) -> queries.ContactFilter:
    kinds = listed("kind", kind, get_args(Kind))
    return queries.ContactFilter(q, kinds, owner_id, company_id, lead_id, phone, email, tag)


Filter = Annotated[queries.ContactFilter, Depends(_filter)]


@router.get("")
async def contacts_list(
    session: ReadSession, caller: Reader, by: Filter, paging: Paging, request: Request, response: Response
) -> Page[ContactOut]:
    """List contacts."""
    rows, next_cursor, total = await fetch_page(
        session,
        await queries.contacts(session, caller, by),
        paging,
        sorts=SORTS,
        default="-created_at",
        key=Contact.id,
        request=request,
        response=response,
    )
    links = await queries.links_of(session, caller.workspace, [row.id for row in rows])
    return Page(items=[ContactOut.of(row, links[row.id]) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201)
async def contacts_create(
    wanted: ContactCreate, session: Session, caller: Writer, now: Now, response: Response
) -> ContactOut:
    """Add a contact."""
    contact = await actions.create_contact(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/contacts/{contact.id}"
    return await _answer(session, contact, response)


@router.post("/bulk")
async def contacts_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 contacts, answered one by one."""

    async def act(items: list[ContactCreate]) -> list[UUID | Problem]:
        made = await actions.create_contacts(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, ContactCreate, act)


@router.get("/{contact_id}", responses=problems(NotFound))
async def contacts_get(contact_id: UUID, session: ReadSession, caller: Reader, response: Response) -> ContactOut:
    """Show a contact."""
    return await _answer(session, await queries.contact_by_id(session, caller, contact_id), response)


@router.patch("/{contact_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def contacts_update(
    contact_id: UUID,
    wanted: ContactPatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> ContactOut:
    """Change a contact by JSON Merge Patch."""
    contact = await queries.contact_by_id(session, caller, contact_id, lock=True)
    check_version(if_match, contact.version)
    await actions.change_contact(session, contact, wanted, caller=caller, now=now)
    return await _answer(session, contact, response)


async def _answer(session: AsyncSession, contact: Contact, response: Response) -> ContactOut:
    with_etag(response, contact.version)
    links = await queries.links_of(session, contact.workspace_id, [contact.id])
    return ContactOut.of(contact, links[contact.id])
