"""Many rows in one statement: they travel as one JSON parameter and PostgreSQL unfolds them."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.base import Base

RowT = TypeVar("RowT", bound=Base)
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Writing(NamedTuple):
    """How a table is written: its columns, those that hold JSON, and its statements."""

    columns: tuple[str, ...]
    json: tuple[str, ...]
    insert: TextClause
    insert_new: TextClause
    update: TextClause


def new_row(table: type[RowT], **values: Any) -> RowT:
    """A row with all its columns given, for `insert_rows`. No session will track it, so the bookkeeping by which the
    ORM notices changes, half of the time a batch took, is left out."""
    row = table()
    vars(row).update(values)
    return row


async def insert_rows(session: AsyncSession, rows: Sequence[Base], *, ignore_existing: bool = False) -> int:
    """Inserts new rows of one table with one statement and answers how many there are new.

    The objects stay outside the session: nothing more is written for them at flush. A JSON column may hold JSON that
    is written already, as a string."""
    if not rows:
        return 0
    writing = _writing(type(rows[0]))
    return await _run(session, writing.insert_new if ignore_existing else writing.insert, rows, writing)


async def update_rows(session: AsyncSession, rows: Sequence[Base]) -> int:
    """Writes all columns of existing rows of one table and workspace, found by their key, with one statement."""
    if not rows:
        return 0
    writing = _writing(type(rows[0]))
    return await _run(session, writing.update, rows, writing)


async def _run(session: AsyncSession, statement: TextClause, rows: Sequence[Base], writing: Writing) -> int:
    written = [{column: values[column] for column in writing.columns} for values in map(vars, rows)]
    for name in writing.json:
        for row in written:
            if isinstance(row[name], str):
                row[name] = orjson.Fragment(row[name])
    values = {"rows": orjson.dumps(written, default=_plain).decode()}
    if statement is writing.update:
        values["workspace_id"] = written[0]["workspace_id"]
    result = await session.execute(statement, values)
    assert isinstance(result, CursorResult)
    return result.rowcount


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | UUID):  # the driver's UUID is a subclass, which orjson does not know
        return str(value)
    raise TypeError(type(value).__name__)


@lru_cache
def _writing(table: type[Base]) -> Writing:
    name, columns = table.__tablename__, table.__table__.columns
    keys = [column.name for column in table.__table__.primary_key]
    kinds = ", ".join(f'"{column.name}" {column.type.compile(DIALECT)}' for column in columns)
    given = f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({kinds})"
    listed = ", ".join(f'"{column.name}"' for column in columns)
    changes = ", ".join(f'"{column.name}" = given."{column.name}"' for column in columns if column.name not in keys)
    same = " AND ".join(f'{name}."{key}" = given."{key}"' for key in keys)
    # Names of our own tables and columns only; the values are in the parameter.
    insert = f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {given}"
    return Writing(
        columns=tuple(column.name for column in columns),
        json=tuple(column.name for column in columns if isinstance(column.type, postgresql.JSONB)),
        insert=text(insert),
        insert_new=text(f"{insert} ON CONFLICT DO NOTHING"),
        update=text(f"UPDATE {name} SET {changes} FROM {given} WHERE {name}.workspace_id = :workspace_id AND {same}"),
    )
