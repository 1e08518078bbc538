"""One page of a list: narrowed, searched, ordered, in the role in which indexes serve it."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from leadkit.paging import PageRequest, fetch_page
from leadkit.tokens import Caller
from sqlalchemy import Select, Text, func, literal
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.finding.listing import Asked, Listing, containing, narrowed, wants_search_role
from crm_core.finding.words import address_in, plain
from crm_core.searching import listing_of

SearchedFor = Annotated[
    str | None,
    Query(max_length=200, description="A part of a name, company or subject; a phone or e-mail, whole or in part"),
]
"""The parameter `q`."""


class Found(NamedTuple):
    """The rows of a page, the cursor of the next one, and how many rows there are if that was asked."""

    rows: list[Any]
    next_cursor: str | None
    total: int | None


async def find_page(
    session: AsyncSession,
    listing: Listing,
    caller: Caller,
    asked: Asked,
    paging: PageRequest,
    *,
    now: datetime,
    request: Request,
    response: Response,
) -> Found:
    """The page that was asked for. A whole phone or e-mail address finds who has exactly it, anything else the rows
    that contain it; when there are none, one page of the most similar ones."""
    async with listing_of(session, search=wants_search_role(listing, asked, paging.sort)):
        statement = narrowed(listing, caller, asked, now=now)
        if asked.q is not None:
            statement = await searched(session, listing, caller, statement, asked.q)
        found = Found(
            *await fetch_page(
                session,
                statement,
                paging,
                sorts=listing.sorts,
                default=listing.default,
                key=listing.key,
                request=request,
                response=response,
            )
        )
        if asked.q is None or found.rows or paging.cursor is not None:
            return found
        everything = narrowed(listing, caller, asked, now=now)
        similar = list(await session.scalars(_similar(listing, everything, asked.q, paging.limit)))
        return Found(similar, None, len(similar) if paging.include_total else None)


async def searched(
    session: AsyncSession, listing: Listing, caller: Caller, statement: Select[Any], q: str
) -> Select[Any]:
    """The statement for the rows that `q` finds: by the address that it is, else by the words that contain it."""
    region = (await existing_workspace(session, caller.workspace)).default_region
    address = address_in(q, region) if listing.reached_by is not None else None
    if address is not None and listing.reached_by is not None:
        exactly = statement.where(listing.reached_by(address))
        if await session.scalar(exactly.with_only_columns(literal(1)).limit(1)):
            return exactly
    return statement.where(containing(listing, q, region))


def _similar(listing: Listing, statement: Select[Any], q: str, limit: int) -> Select[Any]:
    """The rows whose words are most like `q`, spelled a little differently."""
    meant = literal(plain(q), Text)
    likeness = func.word_similarity(meant, listing.searched)
    return statement.where(meant.op("<%")(listing.searched)).order_by(likeness.desc(), listing.key).limit(limit)
