"""Lists in pages: a cursor names the last row seen, so a page costs the same at any depth and nothing shifts."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from leadkit.problems import Invalid, Malformed

ItemT = TypeVar("ItemT")
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class Page(BaseModel, Generic[ItemT]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ItemT]
    next_cursor: str | None = Field(examples=[None])
    total: int | None = Field(default=None, examples=[None], description="Only with include_total=true")


@dataclass(slots=True)
class PageRequest:
    """How every list is asked for."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None
    include_total: bool = False


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=200, description="Rows a page")] = 50,
    cursor: Annotated[str | None, Query(max_length=2000, description="next_cursor of the page before")] = None,
    sort: Annotated[str | None, Query(max_length=50, description="Field, with - for descending")] = None,
    include_total: Annotated[bool, Query(description="Count all rows too")] = False,
) -> PageRequest:
    return PageRequest(limit, cursor, sort or None, include_total)


Paging = Annotated[PageRequest, Depends(_page_request)]
"""The parameters of every list."""


async def fetch_page(
    session: AsyncSession,
    statement: Select[Any],
    paging: PageRequest,
    *,
    sorts: Mapping[str, Column],
    default: str,
    key: Column,
    request: Request,
    response: Response,
) -> tuple[list[Any], str | None, int | None]:
    """Rows of the page (entities, or rows when several columns are selected), next cursor and total.

    `sorts` maps field names to columns that are never null; `key` makes the order unique. Sets the `Link` header.
    Raises `Invalid` for an unknown sort, `Malformed` for a cursor that is not ours or of another order.
    """
    page = ordered(statement, paging, sorts=sorts, default=default, key=key)
    rows = list((await session.execute(page.limit(paging.limit + 1))).all())
    order = paging.sort or default
    next_cursor = None
    if len(rows) > paging.limit:
        del rows[paging.limit :]
        next_cursor = _encoded(order, rows[-1].page_sort, rows[-1].page_key)
        response.headers["Link"] = _link(request, next_cursor)
    total = await count(session, statement) if paging.include_total else None
    return [row[0] if len(row) == 3 else row for row in rows], next_cursor, total


def ordered(
    statement: Select[Any], paging: PageRequest, *, sorts: Mapping[str, Column], default: str, key: Column
) -> Select[Any]:
    """The statement in the order that is asked, beginning after the cursor; each row also tells its place in
    `page_sort` and `page_key`. Raises as `fetch_page` does."""
    order = paging.sort or default
    column = sorts.get(order.removeprefix("-"))
    if column is None:
        raise Invalid.at("/sort", f"is one of {', '.join(sorts)}, with - in front for descending")
    descending = order.startswith("-")
    page = statement.add_columns(column.label("page_sort"), key.label("page_key"))
    if paging.cursor is not None:
        page = page.where(_beyond(column, key, descending, _decoded(paging.cursor, order, column, key)))
    return page.order_by(*((column.desc(), key.desc()) if descending else (column.asc(), key.asc())))


def _beyond(column: Column, key: Column, descending: bool, last: tuple[Any, Any]) -> ColumnElement[bool]:
    here = tuple_(column, key)
    there = tuple_(literal(last[0], column.type), literal(last[1], key.type))
    return here < there if descending else here > there


async def count(session: AsyncSession, statement: Select[Any]) -> int:
    """How many rows the whole list has."""
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return int(await session.scalar(counted) or 0)


def _link(request: Request, cursor: str) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'


def _encoded(order: str, value: Any, key: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([order, _text(value), _text(key)])).decode().rstrip("=")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _decoded(cursor: str, order: str, column: Column, key: Column) -> tuple[Any, Any]:
    try:
        stored_order, value, last_key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if stored_order != order:
            raise ValueError("another order")
        return _value(value, column), _value(last_key, key)
    except (ValueError, TypeError, binascii.Error, InvalidOperation):
        raise Malformed("The cursor is not one that this list gave out for this sort order.") from None


def _value(written: str, column: Column) -> Any:
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(written)
    if kind is date:
        return date.fromisoformat(written)
    if kind in (UUID, int, float, Decimal):
        return kind(written)
    return written
