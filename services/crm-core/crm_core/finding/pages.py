"""One page of a list: narrowed, searched, ordered, in the role in which indexes serve it."""

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from leadkit.edge import Allow, ReadSession
from leadkit.paging import PageRequest, count, fetch_page, ordered
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, Text, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conditions.fields import Fields
from crm_core.conditions.parameters import condition_of, parameters_from
from crm_core.conditions.tree import both, read
from crm_core.custom_fields.listing import asked_about, with_custom_fields, with_fields
from crm_core.custom_fields.queries import fields_of
from crm_core.custom_fields.rules import FieldInfo
from crm_core.finding.listing import Asked, Listing, containing, is_guessed, narrowed, wants_search_role
from crm_core.finding.words import address_in, is_number, plain
from crm_core.searching import listing_of, without_bitmaps
from crm_core.views.queries import view_for

NEARBY = 5000
"""As many rows as can be looked at one by one in some ten milliseconds."""
FREQUENT = 16
"""From so many finds among them on, going on costs less than fetching and sorting all rows that an index finds."""

SearchedFor = Annotated[
    str | None,
    Query(max_length=200, description="A part of a name, company or subject; a phone or e-mail, whole or in part"),
]
"""The parameter `q`."""


ViewNamed = Annotated[UUID | None, Query(description="A saved view: its filter, search and order, further narrowed")]
"""The parameter `view`."""


def asked_of(fields: Fields, *, searched: bool = True) -> Callable[..., Awaitable[Asked]]:
    """A dependency that reads what is asked of a list from its parameters, those of custom fields among them; `q` only
    where something is searched."""
    parameters_of = parameters_from(fields)

    async def asked(
        request: Request,
        session: ReadSession,
        caller: Annotated[Caller, Allow()],
        given: Annotated[dict[str, str | None], Depends(parameters_of)],
        view: ViewNamed = None,
        q: SearchedFor = None,
    ) -> Asked:
        custom = await _custom_asked(request, session, caller, fields)
        more = {name: value for name, value in request.query_params.items() if name.startswith("custom.")}
        condition = condition_of({**given, **more}, fields.and_more(*asked_about(custom.values())))
        return Asked(condition, q, view, custom=custom)

    async def narrowed_only(
        given: Annotated[dict[str, str | None], Depends(parameters_of)], view: ViewNamed = None
    ) -> Asked:
        return Asked(condition_of(given, fields), None, view)

    return asked if searched else narrowed_only


async def _custom_asked(
    request: Request, session: AsyncSession, caller: Caller, fields: Fields
) -> Mapping[str, FieldInfo]:
    """The custom fields, read only where a parameter names one."""
    names_one = any("custom." in name or "custom." in value for name, value in request.query_params.multi_items())
    return await fields_of(session, caller.workspace, fields.entity) if names_one else {}


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
    that contain it; when no words do, one page of the most similar ones."""
    listing = with_fields(listing, asked.custom)
    if asked.view is not None:
        listing = await with_custom_fields(session, caller.workspace, listing)
    asked, paging = await _as_viewed(session, listing, caller, asked, paging)
    async with listing_of(session, search=wants_search_role(listing, asked, paging.sort)):
        statement, exact = narrowed(listing, caller, asked, now=now), False
        if asked.q is not None:
            statement, exact = await searched(session, listing, caller, statement, asked.q)
        page = _Page(session, listing, caller, paging, request, response)
        found = await page.nearby(statement) if is_guessed(listing, asked) and not exact else None
        found = found or await page.of(statement)
        if asked.q is None or found.rows or paging.cursor is not None or is_number(asked.q):
            return found
        everything = narrowed(listing, caller, asked, now=now)
        similar = list(await session.scalars(_similar(listing, everything, asked.q, paging.limit)))
        return Found(similar, None, len(similar) if paging.include_total else None)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page being looked for."""

    session: AsyncSession
    listing: Listing
    caller: Caller
    paging: PageRequest
    request: Request
    response: Response

    async def of(self, statement: Select[Any]) -> Found:
        """The page of a statement."""
        page = await fetch_page(
            self.session, statement, self.paging, sorts=self.listing.sorts, default=self.listing.default,
            key=self.listing.key, request=self.request, response=self.response,
        )  # fmt: skip
        return Found(*page)

    async def nearby(self, statement: Select[Any]) -> Found | None:
        """The page, found in the order itself: all of it among the next `NEARBY` rows, or, since they hold a good part
        of it, further on. None when it is rare: an index over the words finds its rows, and few are to be sorted."""
        end = await self._end()
        within = statement if end is None else statement.where(self._not_beyond(end))
        paging = copy(self.paging)
        paging.include_total = False
        page = replace(self, paging=paging)
        async with without_bitmaps(self.session):
            found = await page.of(within)
            if end is not None and found.next_cursor is None and len(found.rows) >= FREQUENT:
                found, end = await page.of(statement), None
        if end is not None and found.next_cursor is None:
            return None
        return found._replace(total=await count(self.session, statement) if self.paging.include_total else None)

    async def _end(self) -> tuple[Any, Any] | None:
        """Where the next `NEARBY` rows end; None when there are not that many."""
        listing = self.listing
        everything = select(listing.key).where(listing.workspace == self.caller.workspace)
        after = ordered(everything, self.paging, sorts=listing.sorts, default=listing.default, key=listing.key)
        last = (await self.session.execute(after.offset(NEARBY).limit(1))).first()
        return None if last is None else (last.page_sort, last.page_key)

    def _not_beyond(self, end: tuple[Any, Any]) -> ColumnElement[bool]:
        order = self.paging.sort or self.listing.default
        column, key = self.listing.sorts[order.removeprefix("-")], self.listing.key
        here, there = tuple_(column, key), tuple_(literal(end[0], column.type), literal(end[1], key.type))
        return here >= there if order.startswith("-") else here <= there


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
) -> tuple[Select[Any], bool]:
    """The statement for the rows that `q` finds, and whether it is by the address that `q` is; else by words."""
    region = (await existing_workspace(session, caller.workspace)).default_region
    address = address_in(q, region) if listing.reached_by is not None else None
    if address is not None and listing.reached_by is not None:
        exactly = statement.where(listing.reached_by(address))
        if await session.scalar(exactly.with_only_columns(literal(1)).limit(1)):
            return exactly, True
    return statement.where(containing(listing, q, region)), False


def _similar(listing: Listing, statement: Select[Any], q: str, limit: int) -> Select[Any]:
    """The rows whose words are most like `q`, spelled a little differently."""
    meant = literal(plain(q), Text)
    likeness = func.word_similarity(meant, listing.searched)
    return statement.where(meant.op("<%")(listing.searched)).order_by(likeness.desc(), listing.key).limit(limit)
