"""One page of a list: narrowed, searched, ordered, in the role in which indexes serve it."""

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Query, Request, Response
from leadkit.edge import Allow, ReadSession
from leadkit.paging import PageRequest, count, fetch_page, ordered
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, FromClause, Select, Text, Uuid, and_, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conditions.fields import Fields
from crm_core.conditions.parameters import condition_of, given_to
from crm_core.conditions.tree import both, read
from crm_core.custom_fields.listing import asked_about, with_custom_fields, with_fields
from crm_core.custom_fields.queries import fields_of
from crm_core.custom_fields.rules import FieldInfo
from crm_core.finding.listing import Asked, Listing, Way, is_guessed, narrowed, wants_search_role, ways
from crm_core.finding.words import is_number, plain
from crm_core.searching import listing_of, without_bitmaps
from crm_core.views.queries import view_for

GLANCE, SOME = 1000, 8
"""So many of the next rows are looked at in a millisecond: most of what is searched fills its page from them. With
fewer finds among them, what is searched is rare as far as they tell, so all of it is fetched by an index."""
FEW = 3000
"""As many rows as an index may find for that; they are fetched and sorted in some five milliseconds."""
NEARBY, FREQUENT = 10_000, 30
"""So many rows are looked at where the glance did not help. From so many finds among them on, going on costs less than
fetching all that an index finds."""

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
    """The page that was asked for. A whole phone or e-mail address finds who has exactly it, words the rows whose words
    begin with them, else the rows that contain them; when none do, one page of the most similar ones."""
    listing = with_fields(listing, asked.custom)
    if asked.view is not None:
        listing = await with_custom_fields(session, caller.workspace, listing)
    asked, paging = await _as_viewed(session, listing, caller, asked, paging)
    async with listing_of(session, search=wants_search_role(listing, asked, paging.sort)):
        statement = narrowed(listing, caller, asked, now=now)
        page = _Page(session, listing, caller, paging, request, response)
        if asked.q is None:
            return await (page.guessed(statement) if is_guessed(listing, asked, paging.sort) else page.of(statement))
        for way in ways(listing, caller, asked.q, await _region(session, caller, asked.q)):
            found = await (page.of(statement.where(way.meant)) if way.few else page.searched(statement, way))
            if found.rows or (paging.cursor is not None and await _any(session, statement.where(way.indexed))):
                return found
        if paging.cursor is not None or is_number(asked.q):
            return Found([], None, 0 if paging.include_total else None)
        similar = list(await session.scalars(_similar(listing, statement, asked.q, paging.limit)))
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

    async def guessed(self, statement: Select[Any]) -> Found:
        """The page of a statement of which nobody knows how many rows it has: found in the order itself where it has
        many, else by an index over what is asked."""
        found = await self._without_total()._in_order(statement, lambda page: page.of(statement))
        return await self._with_total(found, statement)

    async def searched(self, statement: Select[Any], way: Way) -> Found:
        """The page of those rows of a statement that a search means in this way; its index has no order."""
        found = await self._without_total()._searched(statement, way)
        return await self._with_total(found, statement.where(way.indexed))

    async def _searched(self, statement: Select[Any], way: Way) -> Found:
        async def rarely(page: _Page) -> Found:
            return await page._few(statement, way) or await page.of(statement.where(way.indexed))

        finds, keys = await self._glance(statement, way)
        if len(keys) > self.paging.limit:
            return await self._those(keys)
        if finds < SOME and (few := await self._few(statement, way)) is not None:
            return few
        return await self._in_order(statement.where(way.meant), rarely)

    async def _with_total(self, found: Found, statement: Select[Any]) -> Found:
        return found._replace(total=await count(self.session, statement)) if self.paging.include_total else found

    def _without_total(self) -> "_Page":
        paging = copy(self.paging)
        paging.include_total = False
        return replace(self, paging=paging)

    async def _in_order(self, statement: Select[Any], rarely: Callable[["_Page"], Awaitable[Found]]) -> Found:
        """The page as the order goes on; another one where the next rows have too few of the statement's for that."""
        ahead = self._ordered(self._marked(asked=_condition(statement))).limit(NEARBY).subquery()
        keys = list(await self.session.scalars(self._first(ahead)))
        if len(keys) > self.paging.limit:
            return await self._those(keys)
        if len(keys) < FREQUENT:
            return await rarely(self)
        async with without_bitmaps(self.session):
            return await self.of(statement)

    async def _glance(self, statement: Select[Any], way: Way) -> tuple[int, list[Any]]:
        """How many of the next rows of the order have the words that are meant, and which are on the page."""
        marked = self._marked(asked=and_(_condition(statement), way.meant), meant=way.meant)
        ahead = self._ordered(marked).limit(GLANCE).cte("ahead")
        finds = select(func.count()).where(ahead.c.meant).scalar_subquery()
        found, keys = (
            await self.session.execute(select(finds, func.array(self._first(ahead).scalar_subquery())))
        ).one()
        return found, keys

    def _marked(self, **marks: ColumnElement[bool]) -> Select[Any]:
        """All rows of the workspace, each with what is true of it: PostgreSQL cannot but read them in their order."""
        told: list[Any] = [mark.label(name) for name, mark in marks.items()]
        return select(*told).where(self.listing.workspace == self.caller.workspace)

    def _first(self, rows: FromClause) -> Select[Any]:
        """The keys of the first marked ones, one more than the page has."""
        return select(rows.c.page_key).where(rows.c.asked).limit(self.paging.limit + 1)

    async def _those(self, keys: list[Any]) -> Found:
        """The page that has these rows."""
        among = self.listing.key == any_(literal(keys, ARRAY(Uuid())))
        return await self.of(self.listing.seen_by(self.caller).where(among))

    async def _few(self, statement: Select[Any], way: Way) -> Found | None:
        """The page when the way's index finds at most `FEW` rows; None when there are more. What else is asked only
        marks them: it may leave so few that all the index finds would be read for them."""
        hits = self._marked(asked=_condition(self._ordered(statement))).add_columns(*self._place()).where(way.indexed)
        hit = hits.limit(FEW + 1).cte("hit")
        order = [each.desc() if self._descends else each for each in (hit.c.page_sort, hit.c.page_key)]
        number = select(func.count()).select_from(hit).scalar_subquery()
        first = self._first(hit).order_by(*order).scalar_subquery()
        found, keys = (await self.session.execute(select(number, func.array(first)))).one()
        if found > FEW:
            return None
        return await self._those(keys) if keys else Found([], None, None)

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


def _condition(statement: Select[Any]) -> ColumnElement[bool]:
    condition = statement.whereclause
    assert condition is not None
    return condition


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
    """The rows whose words are most like `q`, spelled a little differently."""
    meant = literal(plain(q), Text)
    likeness = func.word_similarity(meant, listing.searched)
    return statement.where(meant.op("<%")(listing.searched)).order_by(likeness.desc(), listing.key).limit(limit)
