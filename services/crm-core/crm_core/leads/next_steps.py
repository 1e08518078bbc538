"""Keeping when something is due next on a lead; the activities know it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.leads.tables import Lead


async def lock(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> None:
    """Nobody else notes a next step of these leads until the transaction ends; in order."""
    rows = select(Lead.id).where(Lead.workspace_id == workspace_id, Lead.id.in_(lead_ids)).order_by(Lead.id)
    await session.execute(rows.with_for_update())


async def put(session: AsyncSession, workspace_id: UUID, due: Mapping[UUID, datetime | None]) -> None:
    """Notes the next steps of leads. The lead itself did not change, so its version stays."""
    ids, times = literal(list(due), ARRAY(Uuid)), literal(list(due.values()), ARRAY(DateTime(timezone=True)))
    given = func.unnest(ids, times).table_valued("id", "at").render_derived()
    await session.execute(
        update(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.id == given.c.id)
        .values(next_step_at=given.c.at)
        .execution_options(synchronize_session=False)
    )
