"""Reading and writing facts, a whole batch with each statement and one workspace at a time."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Select, Table, Uuid, any_, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import TextClause

from analytics.projections.facts import DealRow, InquiryRow, LeadRow, SubmissionRow
from analytics.projections.meanwhile import Meanwhile
from analytics.projections.tables import DealFact, InquiryFact, LeadFact, SubmissionFact

Row = SubmissionRow | InquiryRow | LeadRow | DealRow
RowT = TypeVar("RowT", SubmissionRow, InquiryRow, LeadRow, DealRow)

TABLES: dict[type[Row], Table] = {
    SubmissionRow: SubmissionFact.__table__,  # type: ignore[dict-item]
    InquiryRow: InquiryFact.__table__,  # type: ignore[dict-item]
    LeadRow: LeadFact.__table__,  # type: ignore[dict-item]
    DealRow: DealFact.__table__,  # type: ignore[dict-item]
}


def _reading(kind: type[Row], column: str) -> Select[Any]:
    """The rows whose `column` is among `:ids`, with the columns in the order of the tuple."""
    table = TABLES[kind]
    return select(*(table.c[field] for field in kind._fields)).where(
        table.c.workspace_id == bindparam("workspace_id"),
        table.c[column] == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    )


def _writing(kind: type[Row]) -> TextClause:
    """One upsert of all rows, sent as one JSON text; guarded by version."""
    name, fields = TABLES[kind].name, kind._fields
    changed = ", ".join(f"{field} = excluded.{field}" for field in fields if field not in ("workspace_id", "id"))
    return text(
        f"INSERT INTO {name} ({', '.join(fields)}) SELECT {', '.join(fields)}"
        f" FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json))"
        f" ON CONFLICT (workspace_id, id) DO UPDATE SET {changed} WHERE {name}.version <= excluded.version"
    )


_BY_ID: dict[type[Row], Select[Any]] = {kind: _reading(kind, "id") for kind in TABLES}
_DEALS_OF_CASES = _reading(DealRow, "case_id")
_WRITE: dict[type[Row], TextClause] = {kind: _writing(kind) for kind in TABLES}


async def read_rows(
    session: AsyncSession, kind: type[RowT], workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, RowT]:
    """The facts with these ids, by id."""
    if not ids:
        return {}
    rows = await session.execute(_BY_ID[kind], {"workspace_id": workspace_id, "ids": list(ids)})
    facts = [kind._make(row) for row in rows]
    return {fact.id: fact for fact in facts}


async def read_deals_of(session: AsyncSession, workspace_id: UUID, cases: Collection[UUID]) -> dict[UUID, DealRow]:
    """The deals of these cases, by id."""
    if not cases:
        return {}
    rows = await session.execute(_DEALS_OF_CASES, {"workspace_id": workspace_id, "ids": list(cases)})
    deals = [DealRow._make(row) for row in rows]
    return {deal.id: deal for deal in deals}


async def write_rows(session: AsyncSession, rows: Collection[Row], meanwhile: Meanwhile) -> None:
    """Inserts or replaces facts of one kind; a fact of a higher version stays. The statement is under way then."""
    if rows:
        kind = type(next(iter(rows)))
        written = orjson.dumps([dict(zip(kind._fields, row, strict=True)) for row in rows], default=str).decode()
        await meanwhile.start(session.execute(_WRITE[kind], {"rows": written}))
