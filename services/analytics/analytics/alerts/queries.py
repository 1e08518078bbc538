"""Reading alerts."""

from collections.abc import Sequence
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.alerts.tables import Alert


def alerts(workspace_id: UUID, statuses: Sequence[str] = ()) -> Select[Alert]:
    """The alerts of a workspace."""
    statement = select(Alert).where(Alert.workspace_id == workspace_id)
    return statement.where(Alert.status.in_(statuses)) if statuses else statement


async def alert_by_id(session: AsyncSession, workspace_id: UUID, alert_id: UUID) -> Alert:
    """One alert; raises `NotFound`."""
    alert = await session.scalar(alerts(workspace_id).where(Alert.id == alert_id))
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert
