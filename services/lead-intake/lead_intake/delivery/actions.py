"""Recording what became of deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.delivery.tables import Delivery


async def expect_deliveries(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> None:
    """Lets the worker look after this workspace from now on."""
    row = insert(Delivery).values(workspace_id=workspace_id, failures=0, retry_at=now, last_failure=None)
    await session.execute(row.on_conflict_do_nothing())
