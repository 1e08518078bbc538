"""Taking in a file, and stopping it."""

import asyncio
import uuid
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from leadkit.contracts.inquiry import Channel
from leadkit.ids import new_id
from leadkit.problems import Conflict, Invalid, UnsupportedMedia
from leadkit.sealing import Sealer
from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.imports.columns import NoSuchColumn, signature
from lead_intake.imports.looking import Asked, Look, look, preview
from lead_intake.imports.plan import NotATable
from lead_intake.imports.queries import OPEN, import_by_id, kept_mappings
from lead_intake.imports.schemas import RowOut
from lead_intake.imports.tables import ImportChunk, ImportMapping, ImportRejection, ImportRun
from lead_intake.providers.base import SourceView
from lead_intake.sources.actions import create_source
from lead_intake.sources.queries import import_source_id, source_views, workspace_view
from lead_intake.sources.schemas import SourceCreate

CHUNK = 1024 * 1024
CHANNEL: Channel = "import"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(:number)")


class FileNotRead(UnsupportedMedia):
    """The file is neither CSV nor XLSX, is broken, or is empty."""

    code = "file-not-read"
    title = "The file is no table that can be read"


class NotRunning(Conflict):
    """The import is over."""

    code = "import-not-running"
    title = "The import is not running any more"


async def look_at(
    session: AsyncSession,
    file: BinaryIO,
    size: int,
    asked: Asked,
    sealer: Sealer,
    *,
    workspace_id: UUID,
    source_id: UUID | None,
    now: datetime,
) -> tuple[Look, list[RowOut], UUID | None]:
    """What the file holds and how its first rows would be taken in; the source's id if there is one yet.

    Raises `FileNotRead`, `Invalid`.
    """
    source = await _source(session, workspace_id, source_id, sealer)
    found = await _looked(session, file, size, asked, source)
    rows = await asyncio.to_thread(preview, file, found.plan, source, now=now)
    return found, rows, source.id if source.id != _NOT_MADE else None


async def start_import(
    session: AsyncSession,
    file: BinaryIO,
    size: int,
    asked: Asked,
    sealer: Sealer,
    *,
    workspace_id: UUID,
    source_id: UUID | None,
    file_name: str | None,
    now: datetime,
) -> ImportRun:
    """Keeps the file for the worker, and what was decided about its headings for the next one.

    Raises `FileNotRead`, `Invalid`; then nothing is kept.
    """
    if source_id is None:
        source_id = await _own_source(session, workspace_id, sealer, now=now)
    source = await _source(session, workspace_id, source_id, sealer)
    found = await _looked(session, file, size, asked, source)
    if asked.mapping:
        await _remember(session, workspace_id, source_id, found.plan.columns.headings, asked.mapping, now=now)
    run = ImportRun(
        workspace_id=workspace_id, id=new_id(), source_id=source_id, file_name=file_name, file_bytes=size,
        plan=found.plan.as_json(), mapping_from=found.mapping_from, status="queued", reason=None,
        rows_total=found.rows_total, rows_counted=found.rows_counted, rows_done=0, rows_failed=0, outcomes={},
        created_at=now, started_at=None, finished_at=None, file_removed_at=None, updated_at=now,
    )  # fmt: skip
    session.add(run)
    await session.flush()
    await _keep_file(session, run, file)
    return run


async def cancel_import(session: AsyncSession, import_id: UUID, *, workspace_id: UUID, now: datetime) -> ImportRun:
    """Stops after the batch at hand; what was taken in stays. Raises `NotFound`, `NotRunning`."""
    run = await import_by_id(session, workspace_id, import_id, lock=True)
    if run.status not in OPEN:
        raise NotRunning(f"Its status is {run.status}.")
    run.status, run.finished_at, run.updated_at = "cancelled", now, now
    await session.flush()
    return run


async def forget_files(session: AsyncSession, ended_before: datetime, *, now: datetime, limit: int = 20) -> int:
    """Deletes the files and rejected rows of imports that ended before; the runs stay. Answers of how many there were
    (role worker)."""
    due = await session.scalars(
        select(ImportRun)
        .where(ImportRun.finished_at < ended_before, ImportRun.file_removed_at.is_(None))
        .order_by(ImportRun.finished_at)
        .limit(limit)
    )
    count = 0
    for run in due:
        for table in (ImportChunk, ImportRejection):
            own = (table.workspace_id == run.workspace_id, table.import_id == run.id)
            await session.execute(delete(table).where(*own))
        run.file_removed_at = now
        count += 1
    return count


async def _looked(session: AsyncSession, file: BinaryIO, size: int, asked: Asked, source: SourceView) -> Look:
    kept = await kept_mappings(session, source.workspace_id, source.id)
    try:
        return await asyncio.to_thread(look, file, size, asked, source, kept)
    except NotATable as error:
        raise FileNotRead(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    except NoSuchColumn as error:
        raise Invalid.at("/mapping", str(error)) from error


_NOT_MADE = uuid.UUID(int=0)


async def _source(session: AsyncSession, workspace_id: UUID, source_id: UUID | None, sealer: Sealer) -> SourceView:
    """The source, the one that imports have here, or what it would be."""
    wanted = source_id or await import_source_id(session, workspace_id)
    if wanted is None:
        return await workspace_view(session, workspace_id, source_id=_NOT_MADE, channel=CHANNEL)
    view = (await source_views(session, workspace_id, [wanted], sealer)).get(wanted)
    if view is None:
        raise Invalid.at("/source_id", "there is no such source")
    if view.channel != CHANNEL:
        raise Invalid.at("/source_id", "the source's channel is not import")
    return view


async def _own_source(session: AsyncSession, workspace_id: UUID, sealer: Sealer, *, now: datetime) -> UUID:
    """The workspace's oldest source of imports, made when there is none; two at once make one."""
    await session.execute(_ONE_AT_A_TIME, {"number": (workspace_id.int & (2**63 - 1)) ^ 0x1307})
    found = await import_source_id(session, workspace_id)
    if found is not None:
        return found
    wish = SourceCreate(name="Import", channel=CHANNEL, provider="generic")
    return (await create_source(session, wish, sealer, workspace_id=workspace_id, now=now)).id


async def _remember(
    session: AsyncSession,
    workspace_id: UUID,
    source_id: UUID,
    headings: list[str],
    mapping: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    statement = upsert(ImportMapping).values(
        workspace_id=workspace_id, source_id=source_id, signature=signature(headings), mapping=dict(mapping),
        updated_at=now,
    )  # fmt: skip
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "source_id", "signature"],
            set_={"mapping": statement.excluded.mapping, "updated_at": now},
        )
    )


async def _keep_file(session: AsyncSession, run: ImportRun, file: BinaryIO) -> None:
    """Piece by piece, packed: never more than two of them are in memory."""
    file.seek(0)
    number = 0
    while piece := await asyncio.to_thread(_next_piece, file):
        await session.execute(
            insert(ImportChunk).values(workspace_id=run.workspace_id, import_id=run.id, number=number, content=piece)
        )
        number += 1


def _next_piece(file: BinaryIO) -> bytes:
    piece = file.read(CHUNK)
    return zlib.compress(piece, 1) if piece else b""
