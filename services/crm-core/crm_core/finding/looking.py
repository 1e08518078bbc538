"""Where the rows of a page are looked for: among the next rows of the order, or among all that an index finds.

PostgreSQL is not told how frequent a word is (statistics of what is not leakproof are kept from it), so it cannot
choose, and we look. A glance at the next rows fills the page of a frequent word, and tells a rare one: then all that
its index finds is fetched, and sorted by keys, if that is not too much. What is neither is looked for further ahead.
What is told of rows without choosing any is a mark on them, so that PostgreSQL cannot but read them as we say."""

from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from fastapi import Request, Response
from leadkit.paging import PageRequest, count, fetch_page, ordered
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, FromClause, Select, Uuid, and_, any_, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.finding.listing import Listing, Way
from crm_core.searching import without_bitmaps

GLANCE, SOME = 1000, 8
"""So many of the next rows are looked at in a millisecond: most of what is searched fills its page from them. With
fewer finds among them, what is searched is rare as far as they tell, so all of it is fetched by an index."""
FEW = 5000
"""As many rows as an index may find for that; they are fetched and sorted in some five milliseconds."""
NEARBY, FREQUENT = 10_000, 30
"""So many rows are looked at where the glance did not help. From so many finds among them on, going on costs less than
fetching all that an index finds."""


class Found(NamedTuple):
    """The rows of a page, the cursor of the next one, and how many rows there are if that was asked."""

    rows: list[Any]
    next_cursor: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Sought:
    """A page that is looked for; `within` is what of it the order has an index of its own for."""

    session: AsyncSession
    listing: Listing
    caller: Caller
    paging: PageRequest
    request: Request
    response: Response
    within: ColumnElement[bool]

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
        async def rarely(page: Sought) -> Found:
            return await page._few(statement, way) or await page.of(statement.where(way.indexed))

        finds, keys = await self._glance(statement, way)
        if len(keys) > self.paging.limit:
            return await self._those(keys)
        if finds < SOME and (few := await self._few(statement, way)) is not None:
            return few
        return await self._in_order(statement.where(way.meant), rarely)

    async def _with_total(self, found: Found, statement: Select[Any]) -> Found:
        return found._replace(total=await count(self.session, statement)) if self.paging.include_total else found

    def _without_total(self) -> "Sought":
        paging = copy(self.paging)
        paging.include_total = False
        return replace(self, paging=paging)

    async def _in_order(self, statement: Select[Any], rarely: Callable[["Sought"], Awaitable[Found]]) -> Found:
        """The page as the order goes on; another one where the next rows have too few of the statement's for that."""
        ahead = self._ahead(NEARBY, asked=_condition(statement)).subquery()
        keys = list(await self.session.scalars(self._first(ahead)))
        if len(keys) > self.paging.limit:
            return await self._those(keys)
        if len(keys) < FREQUENT:
            return await rarely(self)
        async with without_bitmaps(self.session):
            return await self.of(statement)

    async def _glance(self, statement: Select[Any], way: Way) -> tuple[int, list[Any]]:
        """How many of the next rows of the order have the words that are meant, and which are on the page. A full page
        is not looked past, and its words are as frequent as can be."""
        ahead = self._ahead(GLANCE, asked=and_(_condition(statement), way.meant), meant=way.meant).cte("ahead")
        keys = func.array(self._first(ahead).scalar_subquery())
        finds = select(func.count()).where(ahead.c.meant).scalar_subquery()
        filled = func.cardinality(keys) > self.paging.limit
        found, on_page = (await self.session.execute(select(case((filled, GLANCE), else_=finds), keys))).one()
        return found, on_page

    def _ahead(self, most: int, **marks: ColumnElement[bool]) -> Select[Any]:
        """The next rows, each with what is true of it: PostgreSQL cannot but read them in their order."""
        return self._ordered(self._marked(**marks).where(self.within)).limit(most)

    def _marked(self, **marks: ColumnElement[bool]) -> Select[Any]:
        """All rows of the workspace, each with what is true of it: what is asked of them chooses no index."""
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
