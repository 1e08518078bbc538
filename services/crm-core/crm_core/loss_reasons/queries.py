"""Reading loss reasons."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.loss_reasons.tables import LossReason


async def find_loss_reason(session: AsyncSession, workspace_id: UUID, id_or_key: UUID | str) -> LossReason | None:
    """The reason by its id or its key; also one that is no longer offered (`active` is False)."""
    same = LossReason.id == id_or_key if isinstance(id_or_key, UUID) else LossReason.key == id_or_key
    return await session.scalar(select(LossReason).where(LossReason.workspace_id == workspace_id, same))
