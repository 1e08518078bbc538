"""Reading workspaces."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.contracts.events import WorkspaceState
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.tables import Workspace


async def workspace_by_id(session: AsyncSession, workspace_id: UUID) -> Workspace | None:
    """The workspace with its zone, currency and policies, or None."""
    return await session.scalar(select(Workspace).where(Workspace.id == workspace_id))


async def existing_workspace(session: AsyncSession, workspace_id: UUID) -> Workspace:
    """The workspace; raises `NotFound`: a platform token may name one that is not there."""
    workspace = await workspace_by_id(session, workspace_id)
    if workspace is None:
        raise NotFound("There is no such workspace.")
    return workspace


async def zone_of(session: AsyncSession, workspace_id: UUID) -> ZoneInfo:
    """The workspace's time zone; UTC where there is no such workspace."""
    name = await session.scalar(select(Workspace.time_zone).where(Workspace.id == workspace_id))
    return ZoneInfo(name or "UTC")


async def workspace_ids(session: AsyncSession) -> list[UUID]:
    """All workspaces, for workers that serve them one after another."""
    return list(await session.scalars(select(Workspace.id).order_by(Workspace.id)))


def every_workspace() -> Select[Workspace]:
    """All workspaces: for the platform alone."""
    return select(Workspace)


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the states of all workspaces, or of one."""
    statement = paged(
        select(Workspace), key=(Workspace.id, Workspace.id), workspace_id=workspace_id, after=after, limit=limit
    )
    return [
        NewEvent("workspace.updated", workspace.id, workspace.id, WorkspaceState.model_validate(workspace))
        for workspace in await session.scalars(statement)
    ]


class Forgetting(NamedTuple):
    """A workspace that keeps closed leads for so many days only."""

    id: UUID
    time_zone: str
    closed_leads_days: int


async def workspaces_that_forget(session: AsyncSession) -> list[Forgetting]:
    """All workspaces that do not keep closed leads for ever (role worker)."""
    rows = await session.execute(select(Workspace.id, Workspace.time_zone, Workspace.retention))
    kept = [Forgetting(id_, zone, retention.get("closed_leads_days")) for id_, zone, retention in rows]
    return [one for one in kept if one.closed_leads_days is not None]
