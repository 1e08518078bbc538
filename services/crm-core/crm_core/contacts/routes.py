"""`/v1/contacts`."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_all, change_each
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.paging import Page, Paging
from leadkit.problems import NotFound, PreconditionRequired, Problem, Stale, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conditions.parameters import documented
from crm_core.contacts import actions, points, queries
from crm_core.contacts.listing import CONTACTS, reached_by
from crm_core.contacts.points import Point
from crm_core.contacts.schemas import ContactCreate, ContactOut, ContactPatch, SegmentOfContact
from crm_core.contacts.tables import Contact
from crm_core.finding.listing import Asked
from crm_core.finding.pages import asked_of, find_page
from crm_core.merged import MergedAway, check_not_merged
from crm_core.segments.queries import segments_with

router = APIRouter(prefix="/v1/contacts", route_class=EdgeRoute, tags=["contacts"])

Reader = Annotated[Caller, Allow("contacts:read")]
Writer = Annotated[Caller, Allow("contacts:write")]


async def _asked(
    session: ReadSession,
    caller: Reader,
    asked: Annotated[Asked, Depends(asked_of(CONTACTS.fields))],
    lead_id: UUID | None = None,
    phone: Annotated[str | None, Query(max_length=50, description="In any spelling")] = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
) -> Asked:
    """An address that is none reaches nobody."""
    also = [queries.of_lead(lead_id)] if lead_id is not None else []
    if phone is not None:
        number = points.phone(phone, await queries.default_region(session, caller.workspace))
        also.append(reached_by(Point("phone", number or "")))
    if email is not None:
        also.append(reached_by(Point("email", points.email(email) or "")))
    return replace(asked, also=tuple(also))


Filter = Annotated[Asked, Depends(_asked)]


@router.get("", openapi_extra=documented(CONTACTS.fields))
async def contacts_list(
    session: ReadSession, caller: Reader, asked: Filter, paging: Paging, now: Now, request: Request, response: Response
) -> Page[ContactOut]:
    """List contacts."""
    found = await find_page(session, CONTACTS, caller, asked, paging, now=now, request=request, response=response)
    links = await queries.links_of(session, caller.workspace, [row.id for row in found.rows])
    items = [ContactOut.of(row, links[row.id]) for row in found.rows]
    return Page(items=items, next_cursor=found.next_cursor, total=found.total)


@router.post("", status_code=201)
async def contacts_create(
    wanted: ContactCreate, session: Session, caller: Writer, now: Now, response: Response
) -> ContactOut:
    """Add a contact."""
    contact = await actions.create_contact(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/contacts/{contact.id}"
    return await _answer(session, contact, now, response)


@router.post("/bulk")
async def contacts_bulk(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Add up to 1,000 contacts, answered one by one."""

    async def act(items: list[ContactCreate]) -> list[UUID | Problem]:
        made = await actions.create_contacts(session, items, caller=caller, now=now)
        return [one if isinstance(one, Problem) else one.id for one in made]

    return await answer_all(wanted.items, ContactCreate, act)


@router.patch("/bulk")
async def contacts_bulk_update(wanted: BulkRequest, session: Session, caller: Writer, now: Now) -> BulkAnswer:
    """Change up to 1,000 contacts, each by a merge patch with its `id`, answered one by one.
    With `version` an item is refused (412) when the contact has another one by now."""
    find = partial(queries.contact_by_id, session, caller, lock=True)
    return await change_each(
        session, wanted.items, ContactPatch, find, partial(actions.change_contact, session, caller=caller, now=now)
    )


@router.get("/{contact_id}", responses=problems(NotFound, MergedAway))
async def contacts_get(
    contact_id: UUID, session: ReadSession, caller: Reader, now: Now, response: Response
) -> ContactOut:
    """Show a contact, with its segments at this moment; the id of one that was merged leads to the survivor."""
    await check_not_merged(session, Contact, caller, contact_id, path="/v1/contacts")
    return await _answer(session, await queries.contact_by_id(session, caller, contact_id), now, response)


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
    return await _answer(session, contact, now, response)


async def _answer(session: AsyncSession, contact: Contact, now: datetime, response: Response) -> ContactOut:
    with_etag(response, contact.version)
    links = await queries.links_of(session, contact.workspace_id, [contact.id])
    segments = await segments_with(session, contact.workspace_id, "contact", contact.id, now=now)
    named = [SegmentOfContact.model_validate(segment) for segment in segments]
    return ContactOut.of(contact, links[contact.id], named)
