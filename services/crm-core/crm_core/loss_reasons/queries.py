"""Reading loss reasons."""

from collections.abc import Sequence
from uuid import UUID

from leadkit.contracts.events import NamedState
from leadkit.outbox import NewEvent
from leadkit.snapshot import Place, paged
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.loss_reasons.tables import LossReason


async def find_loss_reason(session: AsyncSession, workspace_id: UUID, id_or_key: UUID | str) -> LossReason | None:
    """The reason by its id or its key; also one that is no longer offered (`active` is False)."""
    same = LossReason.id == id_or_key if isinstance(id_or_key, UUID) else LossReason.key == id_or_key
    return await session.scalar(select(LossReason).where(LossReason.workspace_id == workspace_id, same))


def loss_reasons_of(workspace_id: UUID, *, active: bool | None) -> Select[LossReason]:
    """The workspace's reasons, or only the (in)active ones."""
    statement = select(LossReason).where(LossReason.workspace_id == workspace_id)
    return statement if active is None else statement.where(LossReason.active == active)


async def last_position(session: AsyncSession, workspace_id: UUID) -> int:
    """The position of the last reason, 0 while there is none."""
    highest = select(func.max(LossReason.position)).where(LossReason.workspace_id == workspace_id)
    return await session.scalar(highest) or 0


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the states of all reasons."""
    key = (LossReason.workspace_id, LossReason.id)
    statement = paged(select(LossReason), key=key, workspace_id=workspace_id, after=after, limit=limit)
    return [loss_reason_changed(reason) for reason in await session.scalars(statement)]


def loss_reason_changed(reason: LossReason) -> NewEvent:
    """The reason's state as an event."""
    state = NamedState.model_validate(reason, from_attributes=True)
    return NewEvent("loss_reason.changed", reason.workspace_id, reason.id, state)
