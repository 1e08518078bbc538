"""How far an import has come: read and written with its batches."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.driver import Connection, document
from lead_intake.imports.batches import Rejection
from lead_intake.imports.queries import OPEN
from lead_intake.imports.tables import ImportChunk, ImportRun

_STILL_THERE = """
    SELECT 1 FROM import_run
    WHERE workspace_id = $1 AND id = $2 AND rows_done = $3 AND status = 'running' FOR UPDATE
"""
_ADVANCE = """
    UPDATE import_run SET rows_done = $3, rows_failed = $4, outcomes = $5::text::jsonb, updated_at = $6,
        rows_total = greatest(rows_total, $3)
    WHERE workspace_id = $1 AND id = $2
"""
_REJECT = """
    INSERT INTO import_rejection (workspace_id, import_id, line, reason, cells)
    SELECT $1, $2, line, reason, ARRAY(SELECT jsonb_array_elements_text(cells))
    FROM jsonb_to_recordset(convert_from($3, 'UTF8')::jsonb) AS rejected (line int, reason text, cells jsonb)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch adds. `outcomes` counts its rows by what became of them, `rejections` are those without a lead."""

    rows: int
    outcomes: Counter[str]
    rejections: Sequence[Rejection]


@dataclass(slots=True)
class Run:
    """An import that is being worked on, as far as this process knows."""

    workspace_id: UUID
    id: UUID
    source_id: UUID
    plan: dict[str, Any]
    rows_counted: bool
    rows_done: int
    rows_failed: int
    outcomes: Counter[str]

    def after(self, step: Step) -> tuple[int, int, Counter[str]]:
        """Rows done and failed, and all outcomes, once the step is taken."""
        return self.rows_done + step.rows, self.rows_failed + len(step.rejections), self.outcomes + step.outcomes

    def count(self, step: Step) -> None:
        """The step was committed."""
        self.rows_done, self.rows_failed, self.outcomes = self.after(step)


async def begin(session: AsyncSession, workspace_id: UUID, import_id: UUID, *, now: datetime) -> Run | None:
    """The run as it stands, from now on `running`; None when it is over."""
    row = await session.scalar(
        select(ImportRun).where(ImportRun.workspace_id == workspace_id, ImportRun.id == import_id).with_for_update()
    )
    if row is None or row.status not in OPEN:
        return None
    row.status, row.started_at, row.updated_at = "running", row.started_at or now, now
    return Run(
        workspace_id, import_id, row.source_id, row.plan, row.rows_counted, row.rows_done, row.rows_failed,
        Counter(row.outcomes),
    )  # fmt: skip


async def chunk(session: AsyncSession, run: Run, number: int) -> bytes | None:
    """A piece of the file as it is kept; None after the last."""
    found: bytes | None = await session.scalar(
        select(ImportChunk.content).where(
            ImportChunk.workspace_id == run.workspace_id,
            ImportChunk.import_id == run.id,
            ImportChunk.number == number,
        )
    )
    return found


async def still_there(connection: Connection, run: Run) -> bool:
    """Whether the run goes on and nobody else has gone on with it; its row is locked until the commit."""
    return await connection.fetchval(_STILL_THERE, run.workspace_id, run.id, run.rows_done) is not None


async def advance(connection: Connection, run: Run, step: Step, *, now: datetime) -> None:
    """Writes the step into the transaction that stores its rows."""
    done, failed, outcomes = run.after(step)
    told = orjson.dumps(outcomes).decode()
    await connection.execute(_ADVANCE, run.workspace_id, run.id, done, failed, told, now)
    if step.rejections:
        rows = [{"line": one.line, "reason": one.reason, "cells": _plain(one.cells)} for one in step.rejections]
        await connection.execute(_REJECT, run.workspace_id, run.id, document(rows))


async def keep_count(session: AsyncSession, run: Run, rows: int) -> None:
    """The estimate is replaced by the number."""
    await session.execute(
        update(ImportRun)
        .where(ImportRun.workspace_id == run.workspace_id, ImportRun.id == run.id)
        .values(rows_total=rows, rows_counted=True)
    )


async def end(session: AsyncSession, run: Run, status: str, *, reason: str | None, now: datetime) -> None:
    """The run is over, unless it has been cancelled meanwhile; what it came to is its whole number of rows."""
    values: dict[str, Any] = {"status": status, "reason": reason, "finished_at": now, "updated_at": now}
    if status == "done":
        values |= {"rows_total": ImportRun.rows_done, "rows_counted": True}
    await session.execute(
        update(ImportRun)
        .where(
            ImportRun.workspace_id == run.workspace_id,
            ImportRun.id == run.id,
            ImportRun.status == "running",
            ImportRun.rows_done == run.rows_done,
        )
        .values(values)
    )


def _plain(cells: Sequence[str]) -> list[str]:
    """Cells that PostgreSQL and JSON take."""
    return [cell.replace("\x00", "").encode("utf-8", "replace").decode() for cell in cells]
