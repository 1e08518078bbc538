"""Writing exports: a worker takes one under a lease and reads its rows page by page, each page in a transaction.

A worker that dies loses its lease, and another begins the file anew; parts are only read once the export is done."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import NIL, new_id
from leadkit.leases import acquire, leased
from leadkit.problems import Problem
from leadkit.tokens import Caller
from sqlalchemy import Select, delete, func, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.exports.entities import exported
from crm_core.exports.files import Writing, begin
from crm_core.exports.rules import cells
from crm_core.exports.tables import Export, ExportPart
from crm_core.finding.listing import Asked, Listing, narrowed
from crm_core.finding.pages import searched
from crm_core.listings import LISTINGS

EVERY_S = 1
PAGE = 1000
LEASE_S = 60
KEPT = timedelta(hours=24)

log = structlog.get_logger()


class LeaseLost(Exception):
    """Another worker writes this export by now."""


async def write_exports(db: Database) -> int:
    """Writes what waits, the oldest first; answers how many were written."""
    written = 0
    async with db.transaction(role="worker", read_only=True) as session:
        waiting = await session.execute(
            select(Export.workspace_id, Export.id)
            .where(Export.status.in_(("waiting", "running")))
            .order_by(Export.created_at, Export.id)
        )
        due = list(waiting)
    for workspace_id, export_id in due:
        holder = new_id()
        async with leased(db, _lease(export_id), holder, LEASE_S) as mine:
            if mine:
                written += await _write(db, workspace_id, export_id, holder)
    return written


async def forget_expired(db: Database) -> None:
    """Deletes the files whose day is over; the exports stay in the list."""
    async with db.transaction(role="worker") as session:
        over = await session.execute(
            update(Export)
            .where(Export.status == "done", Export.expires_at <= clock.now())
            .values(status="expired")
            .returning(Export.workspace_id, Export.id)
        )
        for workspace_id, export_id in over.all():
            await _clear(session, workspace_id, export_id)


async def _write(db: Database, workspace_id: UUID, export_id: UUID, holder: UUID) -> bool:
    """Writes one file; False when it was removed, or written by another worker meanwhile."""
    async with db.transaction(workspace_id, role="worker") as session:
        export = await _present(session, workspace_id, export_id)
        if export is None:
            return False
        await _clear(session, workspace_id, export_id)
    writing = begin(export.format, export.columns, export.delimiter)
    sent = _Parts(workspace_id, export_id)
    try:
        async for page in _pages(db, export, holder):
            async with db.transaction(workspace_id, role="worker") as session:
                if await _present(session, workspace_id, export_id) is None:
                    return False
                await sent.add(session, writing, page)
        async with db.transaction(workspace_id, role="worker") as session:
            if await _present(session, workspace_id, export_id) is None:
                return False
            await sent.end(session, writing)
    except LeaseLost:  # we were away too long; whoever has it now begins anew
        return False
    except Problem as problem:  # the fields that it asks for are there no more
        async with db.transaction(workspace_id, role="worker") as session:
            await _ended(session, export, status="failed", error=problem.detail)
    finally:
        writing.drop()
    log.info("export_written", workspace_id=str(workspace_id), export_id=str(export_id), rows=sent.rows)
    return True


async def _pages(db: Database, export: Export, holder: UUID) -> AsyncIterator[list[list[str]]]:
    """All rows that the one who asked may see, as cells, in the order that was asked; the lease is kept meanwhile."""
    what = exported(export.entity)
    caller = _caller(export)
    after: tuple[Any, Any] | None = None
    while True:
        async with db.transaction(export.workspace_id, role="worker") as session:
            if not await acquire(session, _lease(export.id), holder, LEASE_S):
                raise LeaseLost
            listing = await with_custom_fields(session, export.workspace_id, LISTINGS[export.entity])
            statement = await _asked(session, export, listing, caller)
            if after is None:
                await _count(session, export, statement)
            rows = (await session.execute(_page(statement, listing, export.sort, after))).all()
            shown = await what.shown(session, caller, [row[0] for row in rows], clock.now())
        yield [cells(one.model_dump(mode="json"), export.columns) for one in shown]
        if len(rows) < PAGE:
            return
        after = (rows[-1].page_sort, rows[-1].page_key)


async def _asked(session: AsyncSession, export: Export, listing: Listing, caller: Caller) -> Select[Any]:
    asked = Asked(condition=read(export.condition, listing.fields))
    statement = narrowed(listing, caller, asked, now=export.created_at)
    if export.q is not None:
        statement = await searched(session, listing, caller, statement, export.q)
    return statement


def _page(statement: Select[Any], listing: Listing, sort: str | None, after: tuple[Any, Any] | None) -> Select[Any]:
    order = sort or listing.default
    column, key = listing.sorts[order.removeprefix("-")], listing.key
    page = statement.add_columns(column.label("page_sort"), key.label("page_key"))
    if after is not None:
        here, there = tuple_(column, key), tuple_(literal(after[0], column.type), literal(after[1], key.type))
        page = page.where(here < there if order.startswith("-") else here > there)
    ordered = (column.desc(), key.desc()) if order.startswith("-") else (column.asc(), key.asc())
    return page.order_by(*ordered).limit(PAGE)


async def _count(session: AsyncSession, export: Export, statement: Select[Any]) -> None:
    total = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    await session.execute(
        update(Export)
        .where(Export.workspace_id == export.workspace_id, Export.id == export.id)
        .values(status="running", rows_total=total, rows_done=0)
    )


class _Parts:
    """The parts of one file as they are stored."""

    def __init__(self, workspace_id: UUID, export_id: UUID) -> None:
        self.rows = 0
        self._export = (workspace_id, export_id)
        self._numbers = 0
        self._bytes = 0

    async def add(self, session: AsyncSession, writing: Writing, page: Sequence[Sequence[str]]) -> None:
        """Stores what this page completes, and tells how far it is."""
        for part in writing.add(page):
            self._store(session, part)
        self.rows += len(page)
        await session.execute(self._update().values(rows_done=self.rows))

    async def end(self, session: AsyncSession, writing: Writing) -> None:
        """Stores the rest: the export is done."""
        for part in writing.end():
            self._store(session, part)
            await session.flush()
        now = clock.now()
        await session.execute(
            self._update().values(status="done", bytes=self._bytes, finished_at=now, expires_at=now + KEPT)
        )

    def _store(self, session: AsyncSession, part: bytes) -> None:
        workspace_id, export_id = self._export
        row = ExportPart(workspace_id=workspace_id, export_id=export_id, number=self._numbers, content=part)
        session.add(row)
        self._numbers += 1
        self._bytes += len(part)

    def _update(self) -> Any:
        workspace_id, export_id = self._export
        return update(Export).where(Export.workspace_id == workspace_id, Export.id == export_id)


async def _present(session: AsyncSession, workspace_id: UUID, export_id: UUID) -> Export | None:
    """The export while it is still to be written, locked."""
    found = await session.scalar(
        select(Export)
        .where(Export.workspace_id == workspace_id, Export.id == export_id, Export.status.in_(("waiting", "running")))
        .with_for_update()
    )
    if found is not None:
        session.expunge(found)
    return found


async def _clear(session: AsyncSession, workspace_id: UUID, export_id: UUID) -> None:
    await session.execute(
        delete(ExportPart).where(ExportPart.workspace_id == workspace_id, ExportPart.export_id == export_id)
    )


async def _ended(session: AsyncSession, export: Export, *, status: str, error: str) -> None:
    await session.execute(
        update(Export)
        .where(Export.workspace_id == export.workspace_id, Export.id == export.id)
        .values(status=status, error=error, finished_at=clock.now())
    )


def _caller(export: Export) -> Caller:
    """Who asked, as far as it decides which rows they see."""
    kept = export.caller
    return Caller(
        workspace_id=export.workspace_id, subject=export.created_by, name="export", role=kept["role"],
        scopes=frozenset(), token_id=NIL, user_id=UUID(kept["user_id"]) if kept["user_id"] else None,
        team_id=UUID(kept["team_id"]) if kept["team_id"] else None,
        expires_at=0,
    )  # fmt: skip


def _lease(export_id: UUID) -> str:
    return f"export {export_id}"
