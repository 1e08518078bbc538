"""What points to a lead, contact or company, and goes with it when that is merged into another or taken out again."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.base import Base


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """A table whose `column` names the thing; `event` tells a row's new state, `after` brings up to date what follows
    from where the rows are now (given both ends)."""

    name: str
    table: type[Base]
    column: str
    event: Callable[[Any], NewEvent] | None = None
    after: Callable[[AsyncSession, UUID, Sequence[UUID]], Awaitable[None]] | None = None

    def _pointing(self, workspace_id: UUID, to: UUID) -> ColumnElement[bool]:
        table: Any = self.table
        pointing: ColumnElement[bool] = (table.workspace_id == workspace_id) & (getattr(table, self.column) == to)
        return pointing

    async def count(self, session: AsyncSession, workspace_id: UUID, of: UUID) -> int:
        """How many rows point to it."""
        counted = select(func.count()).select_from(self.table).where(self._pointing(workspace_id, of))
        return await session.scalar(counted) or 0

    async def move(
        self,
        session: AsyncSession,
        workspace_id: UUID,
        here: UUID,
        there: UUID,
        *,
        only: Collection[UUID] | None = None,
        now: datetime,
    ) -> list[UUID]:
        """Rows that point `here` (of those in `only`, if given) point `there` from now on, each as its next version
        and told; answers which."""
        table: Any = self.table
        wanted = select(table).where(self._pointing(workspace_id, here)).order_by(table.id).with_for_update()
        if only is not None:
            wanted = wanted.where(table.id.in_(only))
        rows = list(await session.scalars(wanted))
        for row in rows:
            setattr(row, self.column, there)
            row.updated_at = now
            if hasattr(row, "version"):
                row.version += 1
        await session.flush()
        if self.event is not None:
            await publish(session, [self.event(row) for row in rows])
        if rows and self.after is not None:
            await self.after(session, workspace_id, sorted((here, there)))
        return [row.id for row in rows]
