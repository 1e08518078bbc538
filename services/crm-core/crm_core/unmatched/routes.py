"""`/v1/unmatched-addresses`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.unmatched import actions, queries
from crm_core.unmatched.schemas import UnmatchedAddressCreate, UnmatchedAddressOut
from crm_core.unmatched.tables import UnmatchedAddress

router = APIRouter(prefix="/v1/unmatched-addresses", route_class=EdgeRoute, tags=["matching"])

Reader = Annotated[Caller, Allow("leads:read")]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"created_at": UnmatchedAddress.created_at, "value": UnmatchedAddress.value}


@router.get("")
async def unmatched_addresses_list(
    session: ReadSession, caller: Reader, paging: Paging, request: Request, response: Response
) -> Page[UnmatchedAddressOut]:
    """List the addresses that never match."""
    rows, next_cursor, total = await fetch_page(
        session, queries.unmatched_addresses(caller.workspace), paging,
        sorts=SORTS, default="-created_at", key=UnmatchedAddress.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[UnmatchedAddressOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(actions.AlreadyUnmatched))
async def unmatched_addresses_create(
    wanted: UnmatchedAddressCreate, session: Session, caller: Admin, now: Now, response: Response
) -> UnmatchedAddressOut:
    """Say that an address never tells who a person is, such as one of the company's own numbers."""
    row = await actions.add_unmatched(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/unmatched-addresses/{row.id}"
    return UnmatchedAddressOut.model_validate(row)


@router.delete("/{address_id}", status_code=204, responses=problems(NotFound))
async def unmatched_addresses_delete(address_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Let an address match again."""
    await actions.remove_unmatched(session, address_id, caller=caller, now=now)
