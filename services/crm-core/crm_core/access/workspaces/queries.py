"""Reading workspaces."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.tables import Workspace


async def workspace_by_id(session: AsyncSession, workspace_id: UUID) -> Workspace | None:
    """The workspace with its zone, currency and policies, or None."""
    return await session.scalar(select(Workspace).where(Workspace.id == workspace_id))
