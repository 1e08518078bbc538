"""Many rows in one statement: they travel as one JSON parameter and PostgreSQL unfolds them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import CursorResult, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.base import Base

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


async def insert_rows(session: AsyncSession, rows: Sequence[Base], *, ignore_existing: bool = False) -> int:
    """Inserts new rows of one table with one statement and answers how many there are new.

    The objects stay outside the session: nothing more is written for them at flush."""
    if not rows:
        return 0
    return await _run(session, _insert(type(rows[0]), ignore_existing), rows, _columns(type(rows[0])))


async def update_rows(session: AsyncSession, rows: Sequence[Base]) -> int:
    """Writes all columns of existing rows of one table, found by their primary key, with one statement."""
    if not rows:
        return 0
    return await _run(session, _update(type(rows[0])), rows, _columns(type(rows[0])))


async def _run(session: AsyncSession, statement: str, rows: Iterable[Base], columns: tuple[str, ...]) -> int:
    written = [{column: getattr(row, column) for column in columns} for row in rows]
    result = await session.execute(text(statement), {"rows": orjson.dumps(written, default=_plain).decode()})
    assert isinstance(result, CursorResult)
    return result.rowcount


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


@lru_cache
def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(column.name for column in table.__table__.columns)


@lru_cache
def _unfolded(table: type[Base]) -> str:
    kinds = ", ".join(f'"{column.name}" {column.type.compile(DIALECT)}' for column in table.__table__.columns)
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({kinds})"


@lru_cache
def _insert(table: type[Base], ignore_existing: bool) -> str:
    names = ", ".join(f'"{name}"' for name in _columns(table))
    ending = " ON CONFLICT DO NOTHING" if ignore_existing else ""
    return f"INSERT INTO {table.__tablename__} ({names}) SELECT {names} FROM {_unfolded(table)}{ending}"


@lru_cache
def _update(table: type[Base]) -> str:
    keys = [column.name for column in table.__table__.primary_key]
    changes = ", ".join(f'"{name}" = given."{name}"' for name in _columns(table) if name not in keys)
    same = " AND ".join(f'{table.__tablename__}."{name}" = given."{name}"' for name in keys)
    return f"UPDATE {table.__tablename__} SET {changes} FROM {_unfolded(table)} WHERE {same}"
