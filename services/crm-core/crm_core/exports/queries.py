"""Reading exports: only who asked for one sees it, or an admin, since its file may hold what others must not see."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from leadkit.db import Database
from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.exports.tables import Export, ExportPart


def exports_of(caller: Caller) -> Select[Any]:
    """The exports that the caller may see."""
    mine = select(Export).where(Export.workspace_id == caller.workspace)
    return mine if "admin" in caller.scopes else mine.where(Export.created_by == caller.subject)


async def export_by_id(session: AsyncSession, caller: Caller, export_id: UUID, *, lock: bool = False) -> Export:
    """The export; raises `NotFound`."""
    statement = exports_of(caller).where(Export.id == export_id)
    found: Export | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such export.")
    return found


async def parts(db: Database, workspace_id: UUID, export_id: UUID) -> AsyncIterator[bytes]:
    """The file, part by part, each read in a transaction of its own while the one before is on its way."""
    number = 0
    while True:
        async with db.transaction(workspace_id, read_only=True) as session:
            content = await session.scalar(
                select(ExportPart.content).where(
                    ExportPart.workspace_id == workspace_id,
                    ExportPart.export_id == export_id,
                    ExportPart.number == number,
                )
            )
        if content is None:
            return
        yield content
        number += 1
