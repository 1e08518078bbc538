"""Reading a page of a set, as OData asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leadkit.db import sqlstate
from leadkit.problems import Malformed, NotFound
from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.exports.sets import FlatSet
from analytics.odata.asking import Asked, rows_after, token_of
from analytics.odata.filtering import condition

WRONG_TYPES = ("42804", "42883", "42846", "22")
"""What PostgreSQL answers when a filter compares a text with a number, or divides by nothing."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by property; `next` is the place behind the last one, None where nothing follows; `left` of `$top`."""

    rows: Sequence[dict[str, Any]]
    next: str | None
    left: int | None
    count: int | None


async def page_of(session: AsyncSession, workspace_id: UUID, asked: Asked) -> Page:
    """The page, and how many rows there are in all if that is asked; raises `Malformed` for a filter of wrong types."""
    rows = asked.wanted.rows(workspace_id).subquery("row")
    kept = select(rows)
    if asked.filter:
        kept = kept.where(condition(rows, asked.filter))
    size = asked.page if asked.top is None else min(asked.page, asked.top)
    try:
        count = await _count(session, kept) if asked.count else None
        found = (await session.execute(_page(kept, rows, asked, size + 1))).mappings().all() if size else []
    except DBAPIError as error:
        if (sqlstate(error) or "22").startswith(WRONG_TYPES):
            raise Malformed("$filter compares what cannot be compared.") from error
        raise
    left = None if asked.top is None else asked.top - size
    more = len(found) > size and left != 0
    last = token_of([found[size - 1][each.key] for each in asked.order]) if more else None
    return Page([{key: row[key] for key in asked.select} for row in found[:size]], last, left, count)


def _page(kept: Select[Any], rows: Subquery, asked: Asked, size: int) -> Select[Any]:
    if asked.after is not None:
        kept = kept.where(rows_after(rows, asked))
    for each in asked.order:
        column = rows.c[each.key]
        if each.key in asked.wanted.order:
            kept = kept.order_by(column.desc() if each.descending else column)
        else:
            kept = kept.order_by(column.desc().nulls_last() if each.descending else column.asc().nulls_first())
    return kept.limit(size).offset(asked.skip or None)


async def _count(session: AsyncSession, kept: Select[Any]) -> int:
    return int(await session.scalar(select(func.count()).select_from(kept.subquery())) or 0)


async def count_of(session: AsyncSession, workspace_id: UUID, asked: Asked) -> int:
    """How many rows the filter keeps."""
    return (await page_of(session, workspace_id, asked)).count or 0


async def entity(session: AsyncSession, workspace_id: UUID, wanted: FlatSet, key: UUID) -> dict[str, Any]:
    """The one with this id; raises `NotFound`."""
    rows = wanted.rows(workspace_id).subquery("row")
    found = (await session.execute(select(rows).where(rows.c.id == key))).mappings().one_or_none()
    if found is None:
        raise NotFound(f"{wanted.name} has no such entity.")
    return dict(found)
