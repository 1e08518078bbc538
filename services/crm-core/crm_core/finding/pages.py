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
from sqlalchemy import ColumnElement, Select, Text, Uuid, any_, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
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

GLANCE, SOME = 500, 2
"""So many of the next rows are looked at in half a millisecond. With fewer finds among them, what is searched is rare
as far as they tell, so all of it is fetched by an index."""
FEW = 1000
"""As many rows as an index may find for that; they are fetched and sorted in some five milliseconds."""
NEARBY, FREQUENT = 5000, 16
"""So many rows are looked at when neither helped. From so many finds among them on, going on costs less than fetching
all that an index finds."""

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
        statement = narrowed(listing, caller, asked, now=now)
        page = _Page(session, listing, caller, paging, request, response)
        if asked.q is None:
            return await (page.guessed(statement, words=False) if is_guessed(listing, asked) else page.of(statement))
        by_words, by_address = await _searches(session, listing, caller, statement, asked.q)
        if by_address is not None:
            found = await page.of(by_address)
            if found.rows or (paging.cursor is not None and await _any(session, by_address)):
                return found
        found = await page.guessed(by_words, words=True)
        if found.rows or paging.cursor is not None or is_number(asked.q):
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

    async def guessed(self, statement: Select[Any], *, words: bool) -> Found:
        """The page of a statement of which nobody knows how many rows it has: found in the order itself where it has
        many, else by an index over what is asked. That one has no order when `words` are."""
        found = await self._guessed(statement, words)
        return found._replace(total=await count(self.session, statement) if self.paging.include_total else None)

    async def _guessed(self, statement: Select[Any], words: bool) -> Found:
        page = self._without_total()
        rare = words and await page._glance(statement) < SOME
        if rare and (few := await page._few(statement)) is not None:
            return few
        end = await page._end()
        async with without_bitmaps(self.session):
            found = await page.of(statement if end is None else statement.where(page._not_beyond(end)))
        if end is None or found.next_cursor is not None:
            return found
        if len(found.rows) < FREQUENT:
            return await page.of(statement)
        async with without_bitmaps(self.session):
            return await page.of(statement)

    def _without_total(self) -> "_Page":
        paging = copy(self.paging)
        paging.include_total = False
        return replace(self, paging=paging)

    async def _glance(self, statement: Select[Any]) -> int:
        """How many of the next rows of the order are meant."""
        meant = statement.whereclause
        assert meant is not None
        rows = select(meant.label("meant")).where(self.listing.workspace == self.caller.workspace)
        ahead = self._ordered(rows).limit(GLANCE).subquery()
        return await self.session.scalar(select(func.count()).where(ahead.c.meant)) or 0

    async def _few(self, statement: Select[Any]) -> Found | None:
        """The page when an index finds at most `FEW` rows from the cursor on; None when there are more."""
        listing = self.listing
        hits = self._ordered(statement).with_only_columns(*self._place()).order_by(None).limit(FEW + 1).cte("hit")
        number = select(func.count()).select_from(hits).scalar_subquery().label("number")
        order = [hits.c.page_sort, hits.c.page_key]
        first = select(hits.c.page_key, number).order_by(
            *([each.desc() for each in order] if self._descends else order)
        )
        rows = (await self.session.execute(first.limit(self.paging.limit + 1))).all()
        if not rows:
            return Found([], None, None)
        if rows[0].number > FEW:
            return None
        keys = literal([row.page_key for row in rows], ARRAY(Uuid()))
        return await self.of(listing.seen_by(self.caller).where(listing.key == any_(keys)))

    async def _end(self) -> tuple[Any, Any] | None:
        """Where the next `NEARBY` rows end; None when there are not that many."""
        listing = self.listing
        after = self._ordered(select(listing.key).where(listing.workspace == self.caller.workspace))
        last = (await self.session.execute(after.offset(NEARBY).limit(1))).first()
        return None if last is None else (last.page_sort, last.page_key)

    def _ordered(self, statement: Select[Any]) -> Select[Any]:
        listing = self.listing
        return ordered(statement, self.paging, sorts=listing.sorts, default=listing.default, key=listing.key)

    @property
    def _order(self) -> str:
        return self.paging.sort or self.listing.default

    @property
    def _descends(self) -> bool:
        return self._order.startswith("-")

    def _place(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """Where a row stands in the order."""
        return self.listing.sorts[self._order.removeprefix("-")].label("page_sort"), self.listing.key.label("page_key")

    def _not_beyond(self, end: tuple[Any, Any]) -> ColumnElement[bool]:
        column, key = self.listing.sorts[self._order.removeprefix("-")], self.listing.key
        here, there = tuple_(column, key), tuple_(literal(end[0], column.type), literal(end[1], key.type))
        return here >= there if self._descends else here <= there


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
    """The statement for the rows that `q` finds: by the address that it is if anybody has it, else by words."""
    by_words, by_address = await _searches(session, listing, caller, statement, q)
    return by_address if by_address is not None and await _any(session, by_address) else by_words


async def _searches(
    session: AsyncSession, listing: Listing, caller: Caller, statement: Select[Any], q: str
) -> tuple[Select[Any], Select[Any] | None]:
    """The search by words, and by the whole address that `q` is if it is one."""
    region = (await existing_workspace(session, caller.workspace)).default_region
    by_words = statement.where(containing(listing, q, region))
    address = address_in(q, region) if listing.reached_by is not None else None
    if address is None or listing.reached_by is None:
        return by_words, None
    return by_words, statement.where(listing.reached_by(address))


async def _any(session: AsyncSession, statement: Select[Any]) -> bool:
    return bool(await session.scalar(statement.with_only_columns(literal(1)).limit(1)))


def _similar(listing: Listing, statement: Select[Any], q: str, limit: int) -> Select[Any]:
    """The rows whose words are most like `q`, spelled a little differently."""
    meant = literal(plain(q), Text)
    likeness = func.word_similarity(meant, listing.searched)
    return statement.where(meant.op("<%")(listing.searched)).order_by(likeness.desc(), listing.key).limit(limit)
