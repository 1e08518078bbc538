"""Making and changing workspaces."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.events import WorkspaceState
from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.outbox import NewEvent, publish
from leadkit.problems import NotFound
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.tables import Workspace
from crm_core.activity_results.actions import create_default_results
from crm_core.loss_reasons.actions import create_default_loss_reasons
from crm_core.pipelines.actions import create_default_pipeline

_FIELDS = ("name", "time_zone", "currency", "default_region", "language", "closed_lead_policy", "retention")


async def create_workspace(session: AsyncSession, values: Mapping[str, Any], *, by: str, now: datetime) -> Workspace:
    """A workspace that can be worked in at once: with the default pipeline and loss reasons in its language."""
    workspace = Workspace(id=new_id(), version=1, created_at=now, updated_at=now, **values)
    session.add(workspace)
    await session.flush()
    await _told(session, "workspace.created", workspace)
    await audit.record(
        session, workspace_id=workspace.id, by=by, action="workspace.create",
        subject_type="workspace", subject_id=workspace.id, after=shown(workspace), now=now,
    )  # fmt: skip
    await create_default_pipeline(session, workspace_id=workspace.id, language=workspace.language, now=now)
    await create_default_loss_reasons(session, workspace.id, workspace.language, now)
    await create_default_results(session, workspace.id, now)
    return workspace


async def update_workspace(
    session: AsyncSession,
    workspace_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: int | None,
    by: str,
    now: datetime,
) -> Workspace:
    """The changed workspace. Raises `NotFound`, `PreconditionRequired`, `Stale`."""
    workspace = await session.scalar(select(Workspace).where(Workspace.id == workspace_id).with_for_update())
    if workspace is None:
        raise NotFound("There is no such workspace.")
    check_version(if_match, workspace.version)
    before = shown(workspace)
    for name, value in changes.items():
        setattr(workspace, name, {**workspace.retention, **value} if name == "retention" else value)
    if (after := shown(workspace)) == before:
        return workspace
    workspace.version += 1
    workspace.updated_at = now
    await session.flush()
    await _told(session, "workspace.updated", workspace)
    await audit.record(
        session, workspace_id=workspace.id, by=by, action="workspace.update",
        subject_type="workspace", subject_id=workspace.id, before=before, after=after, now=now,
    )  # fmt: skip
    return workspace


def shown(workspace: Workspace) -> dict[str, Any]:
    """The fields that the audit log compares."""
    return {name: getattr(workspace, name) for name in _FIELDS}


def workspace_event(type: str, workspace: Workspace) -> NewEvent:
    """The workspace's state as an event."""
    return NewEvent(type, workspace.id, workspace.id, WorkspaceState.model_validate(workspace))


async def _told(session: AsyncSession, type: str, workspace: Workspace) -> None:
    await publish(session, [workspace_event(type, workspace)])
