"""Reading the logins of a workspace."""

from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.bi.tables import BiAccess


def bi_logins(workspace_id: UUID) -> Select[Any]:
    """All of them, revoked ones too."""
    return select(BiAccess).where(BiAccess.workspace_id == workspace_id)


async def bi_login(session: AsyncSession, workspace_id: UUID, login_id: UUID) -> BiAccess:
    """One that is not revoked, locked for a change; raises `NotFound`."""
    found: BiAccess | None = await session.scalar(
        bi_logins(workspace_id).where(BiAccess.id == login_id, BiAccess.revoked_at.is_(None)).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such login, or it is revoked.")
    return found
