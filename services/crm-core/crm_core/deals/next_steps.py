"""Keeping when something is due next on a deal; the activities know it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deals.tables import Deal


async def lock(session: AsyncSession, workspace_id: UUID, deal_ids: Sequence[UUID]) -> None:
    """Nobody else notes a next step of these deals until the transaction ends; in order."""
    rows = select(Deal.id).where(Deal.workspace_id == workspace_id, Deal.id.in_(deal_ids)).order_by(Deal.id)
    await session.execute(rows.with_for_update())


async def put(session: AsyncSession, workspace_id: UUID, due: Mapping[UUID, datetime | None]) -> None:
    """Notes the next steps of deals. The deal itself did not change, so its version stays."""
    ids, times = literal(list(due), ARRAY(Uuid)), literal(list(due.values()), ARRAY(DateTime(timezone=True)))
    given = func.unnest(ids, times).table_valued("id", "at").render_derived()
    await session.execute(
        update(Deal)
        .where(Deal.workspace_id == workspace_id, Deal.id == given.c.id)
        .values(next_step_at=given.c.at)
        .execution_options(synchronize_session=False)
    )
