"""Reading imports."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from leadkit.db import Database
from leadkit.problems import NotFound
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.imports.columns import OF_ERRORS
from lead_intake.imports.plan import Plan, plan_from
from lead_intake.imports.rejections import csv_lines
from lead_intake.imports.schemas import ColumnOut, ImportOut
from lead_intake.imports.tables import ImportMapping, ImportRejection, ImportRun

OPEN = ("queued", "running")
ROWS_AT_ONCE = 1000


def imports_of(workspace_id: UUID, *, statuses: Sequence[str], source_id: UUID | None) -> Select[ImportRun]:
    """The statement for a list of imports."""
    statement = select(ImportRun).where(ImportRun.workspace_id == workspace_id)
    if statuses:
        statement = statement.where(ImportRun.status.in_(statuses))
    return statement if source_id is None else statement.where(ImportRun.source_id == source_id)


async def import_by_id(session: AsyncSession, workspace_id: UUID, import_id: UUID, *, lock: bool = False) -> ImportRun:
    """The import; raises `NotFound`."""
    statement = select(ImportRun).where(ImportRun.workspace_id == workspace_id, ImportRun.id == import_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound("There is no such import.")
    return row


async def open_imports(session: AsyncSession, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Workspace and id of those that are not finished, in the order in which they came (role worker)."""
    statement = select(ImportRun.workspace_id, ImportRun.id).where(ImportRun.status.in_(OPEN))
    return [(row[0], row[1]) for row in await session.execute(statement.order_by(ImportRun.created_at).limit(limit))]


async def open_count(session: AsyncSession) -> int:
    """How many imports are not finished, in all workspaces (role worker)."""
    statement = select(func.count()).select_from(ImportRun).where(ImportRun.status.in_(OPEN))
    return int(await session.scalar(statement) or 0)


async def kept_mappings(session: AsyncSession, workspace_id: UUID, source_id: UUID) -> dict[str, dict[str, Any]]:
    """What was decided for the source's tables before, by the signature of their headings."""
    rows = await session.scalars(
        select(ImportMapping)
        .where(ImportMapping.workspace_id == workspace_id, ImportMapping.source_id == source_id)
        .order_by(ImportMapping.updated_at.desc())
        .limit(200)
    )
    return {row.signature: row.mapping for row in rows}


async def rejected_rows(db: Database, run: ImportRun) -> AsyncIterator[str]:
    """`errors.csv`, page by page, each read in a transaction of its own: the file may be as long as the import's."""
    plan, after = plan_from(run.plan), -1
    yield csv_lines([[*OF_ERRORS, *plan.columns.headings]], mark=True)
    while True:
        async with db.transaction(run.workspace_id, read_only=True) as session:
            rows = (
                await session.scalars(
                    select(ImportRejection)
                    .where(
                        ImportRejection.workspace_id == run.workspace_id,
                        ImportRejection.import_id == run.id,
                        ImportRejection.line > after,
                    )
                    .order_by(ImportRejection.line)
                    .limit(ROWS_AT_ONCE)
                )
            ).all()
        if not rows:
            return
        after = rows[-1].line
        yield csv_lines([[str(row.line), row.reason, *row.cells] for row in rows])


def shown(row: ImportRun) -> ImportOut:
    """An import as clients see it."""
    return ImportOut(
        **table_values(plan_from(row.plan), row.mapping_from),
        **{
            name: getattr(row, name)
            for name in ImportOut.model_fields
            if hasattr(ImportRun, name) and name not in ("mapping_from",)
        },
    )


def table_values(plan: Plan, mapping_from: str) -> dict[str, Any]:
    """What every view of a table has of its plan."""
    columns = plan.columns.columns
    return {
        "format": plan.layout.format,
        "encoding": plan.layout.encoding,
        "delimiter": plan.layout.delimiter,
        "header_line": plan.columns.header_line,
        "columns": [ColumnOut(heading=one.heading, meaning=one.meaning, told_by=one.origin) for one in columns],
        "mapping": {one.heading: (one.meaning or "").removeprefix("mark:") or None for one in columns},
        "mapping_from": mapping_from,
        "warnings": list(plan.columns.warnings),
    }
