"""Many rows in one statement: they travel as JSON parameters, one a table, and PostgreSQL unfolds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import LargeBinary, TextClause, bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.base import Base

RowT = TypeVar("RowT", bound=Base)
How = Literal["insert", "insert_new", "update"]
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one table and what to do with them: insert, insert those that are not there, or write all columns of
    those that are. The objects stay outside the session. A JSON column may hold JSON written already, as a string."""

    rows: Sequence[Base]
    how: How = "insert"


class Columns(NamedTuple):
    """The columns of a table, and those of them that hold JSON."""

    all: tuple[str, ...]
    json: tuple[str, ...]


def new_row(table: type[RowT], **values: Any) -> RowT:
    """A row with all its columns given, for `write`. No session will track it, so the bookkeeping by which the ORM
    notices changes, half of the time a batch took, is left out, and so is its constructor."""
    row: RowT = table.__mapper__.class_manager.new_instance()
    vars(row).update(values)
    return row


def fixed_row(table: type[RowT], **values: Any) -> RowT:
    """A row that is read and written but never changed: cheaper still, since it has no state of the ORM at all."""
    row = table.__new__(table)
    vars(row).update(values)
    return row


def put(row: Base, **values: Any) -> None:
    """Changes columns of a row that no session tracks: nobody has to be told."""
    vars(row).update(values)


async def insert_rows(session: AsyncSession, rows: Sequence[Base]) -> None:
    """Inserts new rows of one table."""
    await write(session, [Write(rows)])


async def write(session: AsyncSession, writes: Sequence[Write]) -> None:
    """Writes rows of several tables of one workspace with one statement; references among them are checked at its end,
    so a lead and what belongs to it may come together."""
    due = [one for one in writes if one.rows]
    if not due:
        return
    statement = _statement(tuple((type(one.rows[0]), one.how) for one in due))
    values: dict[str, Any] = {f"rows_{place}": _written(one.rows) for place, one in enumerate(due)}
    if any(one.how == "update" for one in due):
        values["workspace_id"] = vars(due[0].rows[0])["workspace_id"]
    await session.execute(statement, values)


def _written(rows: Sequence[Base]) -> bytes:
    """Without what is null, half of the columns of most rows: PostgreSQL takes what is missing for null. As bytes: a
    text would be decoded here only to be encoded by the driver."""
    columns = _columns(type(rows[0]))
    written = [
        {column: value for column in columns.all if (value := values[column]) is not None} for values in map(vars, rows)
    ]
    for name in columns.json:
        for row in written:
            if isinstance(given := row.get(name), str):
                row[name] = orjson.Fragment(given)
    return orjson.dumps(written, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | UUID):  # the driver's UUID is a subclass, which orjson does not know
        return str(value)
    raise TypeError(type(value).__name__)


@lru_cache
def _columns(table: type[Base]) -> Columns:
    columns = table.__table__.columns
    return Columns(
        tuple(column.name for column in columns),
        tuple(column.name for column in columns if isinstance(column.type, postgresql.JSONB)),
    )


@lru_cache
def _statement(parts: tuple[tuple[type[Base], How], ...]) -> TextClause:
    """All parts as one statement: the last one, with the others before it in WITH."""
    *before, last = [_part(table, how, place) for place, (table, how) in enumerate(parts)]
    named = ", ".join(f"part_{place} AS ({part})" for place, part in enumerate(before))
    documents = [bindparam(f"rows_{place}", type_=LargeBinary) for place in range(len(parts))]
    return text(f"WITH {named} {last}" if named else last).bindparams(*documents)


def _part(table: type[Base], how: How, place: int) -> str:
    """Names of our own tables and columns only; the values are in the parameter."""
    name, columns = table.__tablename__, table.__table__.columns
    kinds = ", ".join(f'"{column.name}" {column.type.compile(DIALECT)}' for column in columns)
    given = f"jsonb_to_recordset(CAST(convert_from(:rows_{place}, 'UTF8') AS jsonb)) AS given({kinds})"
    if how == "update":
        keys = [column.name for column in table.__table__.primary_key]
        apart = [column.name for column in columns if column.info.get("kept_apart")]
        changed = [column for column in _columns(table).all if column not in (*keys, *apart)]
        changes = ", ".join(f'"{column}" = given."{column}"' for column in changed)
        same = " AND ".join(f'{name}."{key}" = given."{key}"' for key in keys)
        return f"UPDATE {name} SET {changes} FROM {given} WHERE {name}.workspace_id = :workspace_id AND {same}"
    listed = ", ".join(f'"{column}"' for column in _columns(table).all)
    ending = " ON CONFLICT DO NOTHING" if how == "insert_new" else ""
    return f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {given}{ending}"
