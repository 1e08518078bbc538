"""One page of a list: narrowed, searched, ordered, in the role in which indexes serve it."""

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from leadkit.edge import Allow, ReadSession
from leadkit.paging import PageRequest
from leadkit.tokens import Caller
from sqlalchemy import Select, Text, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conditions.fields import Fields
from crm_core.conditions.parameters import condition_of, given_to
from crm_core.conditions.tree import both, read
from crm_core.custom_fields.listing import asked_about, with_custom_fields, with_fields
from crm_core.custom_fields.queries import fields_of
from crm_core.custom_fields.rules import FieldInfo
from crm_core.finding.listing import Asked, Listing, is_guessed, narrowed, walked_within, wants_search_role, ways
from crm_core.finding.looking import Found, Sought
from crm_core.finding.words import is_address, is_number, plain
from crm_core.searching import listing_of
from crm_core.views.queries import view_for

ALIKE = 1000
"""Of so many similar rows the most similar ones are shown."""

SearchedFor = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Beginnings of a name, company or subject, else parts; a phone or e-mail, whole or in part",
    ),
]
"""The parameter `q`."""


ViewNamed = Annotated[UUID | None, Query(description="A saved view: its filter, search and order, further narrowed")]
"""The parameter `view`."""


def asked_of(fields: Fields, *, searched: bool = True) -> Callable[..., Awaitable[Asked]]:
    """A dependency that reads what is asked of a list from its parameters, those of custom fields among them; `q` only
    where something is searched."""

    async def asked(
        request: Request,
        session: ReadSession,
        caller: Annotated[Caller, Allow()],
        view: ViewNamed = None,
        q: SearchedFor = None,
    ) -> Asked:
        custom = await _custom_asked(request, session, caller, fields)
        more = {name: value for name, value in request.query_params.items() if name.startswith("custom.")}
        condition = condition_of(given_to(fields, request) | more, fields.and_more(*asked_about(custom.values())))
        return Asked(condition, q, view, custom=custom)

    async def narrowed_only(request: Request, view: ViewNamed = None) -> Asked:
        return Asked(condition_of(given_to(fields, request), fields), None, view)

    return asked if searched else narrowed_only


async def _custom_asked(
    request: Request, session: AsyncSession, caller: Caller, fields: Fields
) -> Mapping[str, FieldInfo]:
    """The custom fields, read only where a parameter names one."""
    names_one = any("custom." in name or "custom." in value for name, value in request.query_params.multi_items())
    return await fields_of(session, caller.workspace, fields.entity) if names_one else {}


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
    """The page that was asked for. A whole phone or e-mail address finds who has exactly it, words the rows whose words
    begin with them, else the rows that contain them; when none do, one page of the most similar ones."""
    listing = with_fields(listing, asked.custom)
    if asked.view is not None:
        listing = await with_custom_fields(session, caller.workspace, listing)
    asked, paging = await _as_viewed(session, listing, caller, asked, paging)
    async with listing_of(session, search=wants_search_role(listing, asked, paging.sort)):
        statement = narrowed(listing, caller, asked, now=now)
        within = walked_within(listing, asked, paging.sort, now=now)
        page = Sought(session, listing, caller, paging, request, response, within)
        if asked.q is None:
            return await (page.guessed(statement) if is_guessed(listing, asked, paging.sort) else page.of(statement))
        for way in ways(listing, caller, asked.q, await _region(session, caller, asked.q)):
            found = await (page.of(statement.where(way.meant)) if way.few else page.searched(statement, way))
            if found.rows or (paging.cursor is not None and await _any(session, statement.where(way.indexed))):
                return found
        if paging.cursor is not None or is_address(asked.q):
            return Found([], None, 0 if paging.include_total else None)
        similar = list(await session.scalars(_similar(listing, statement, asked.q, paging.limit)))
        return Found(similar, None, len(similar) if paging.include_total else None)


async def _as_viewed(
    session: AsyncSession, listing: Listing, caller: Caller, asked: Asked, paging: PageRequest
) -> tuple[Asked, PageRequest]:
    """With what the named view says: its filter too, its search and order unless others were asked."""
    if asked.view is None:
        return asked, paging
    view = await view_for(session, caller, asked.view, listing.entity)
    condition = both(asked.condition, read(view.condition, listing.fields, at="/view"))
    paging = copy(paging)
    paging.sort = paging.sort or view.sort
    return replace(asked, condition=condition, q=asked.q or view.q), paging


async def searched(
    session: AsyncSession, listing: Listing, caller: Caller, statement: Select[Any], q: str
) -> Select[Any]:
    """The statement for the rows that `q` finds, in the first way that finds any."""
    for way in ways(listing, caller, q, await _region(session, caller, q)):
        found = statement.where(way.indexed)
        if await _any(session, found):
            break
    return found


async def _region(session: AsyncSession, caller: Caller, q: str) -> str:
    """In which country numbers are dialled; asked only for a number that does not tell its own."""
    if not is_number(q) or q.strip().startswith("+"):
        return ""
    return (await existing_workspace(session, caller.workspace)).default_region


async def _any(session: AsyncSession, statement: Select[Any]) -> bool:
    return bool(await session.scalar(statement.with_only_columns(literal(1)).limit(1)))


def _similar(listing: Listing, statement: Select[Any], q: str, limit: int) -> Select[Any]:
    """The rows whose words are most like `q`, spelled a little differently: of `ALIKE` such rows, for to tell how alike
    one is takes ten microseconds, and half of a large workspace may be."""
    meant = literal(plain(q), Text)
    likeness = func.word_similarity(meant, listing.searched).label("likeness")
    like_it = statement.where(meant.op("<%")(listing.searched)).with_only_columns(listing.key.label("key"), likeness)
    alike = like_it.limit(ALIKE).subquery("alike")
    most = select(alike).order_by(alike.c.likeness.desc(), alike.c.key).limit(limit).subquery("most")
    return statement.join(most, listing.key == most.c.key).order_by(most.c.likeness.desc(), listing.key)
