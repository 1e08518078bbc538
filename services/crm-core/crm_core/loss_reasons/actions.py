"""Making and changing loss reasons."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.outbox import publish
from leadkit.problems import Conflict, NotFound
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.loss_reasons.queries import last_position, loss_reason_changed
from crm_core.loss_reasons.rules import DEFAULT_REASONS, key_from, name_of
from crm_core.loss_reasons.tables import LossReason
from crm_core.uniqueness import unique

STEP = 10
"""Positions of the default reasons lie so far apart that others fit between."""


class KeyTaken(Conflict):
    """Another reason of the workspace has this key."""

    code = "loss-reason-key-taken"
    title = "Another loss reason has this key"


async def create_default_loss_reasons(
    session: AsyncSession, workspace_id: UUID, language: str, now: datetime
) -> list[LossReason]:
    """The reasons a new workspace begins with, named in its language."""
    reasons = [
        LossReason(
            workspace_id=workspace_id, id=new_id(), version=1, key=reason.key, name=name_of(reason, language),
            position=place * STEP, active=True, created_at=now, updated_at=now,
        )
        for place, reason in enumerate(DEFAULT_REASONS, start=1)
    ]  # fmt: skip
    session.add_all(reasons)
    await session.flush()
    await publish(session, [loss_reason_changed(reason) for reason in reasons])
    return reasons


async def create_loss_reason(
    session: AsyncSession,
    workspace_id: UUID,
    *,
    name: str,
    key: str | None,
    position: int | None,
    by: str,
    now: datetime,
) -> LossReason:
    """The new reason. Raises `KeyTaken`."""
    await existing_workspace(session, workspace_id)
    reason_id = new_id()
    reason = LossReason(
        workspace_id=workspace_id, id=reason_id, version=1, name=name,
        key=key or key_from(name, otherwise=f"reason_{reason_id.hex[-8:]}"),
        position=await last_position(session, workspace_id) + STEP if position is None else position,
        active=True, created_at=now, updated_at=now,
    )  # fmt: skip
    async with unique(session, KeyTaken()):
        session.add(reason)
    await publish(session, [loss_reason_changed(reason)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="loss_reason.create",
        subject_type="loss_reason", subject_id=reason.id, after=_shown(reason), now=now,
    )  # fmt: skip
    return reason


async def update_loss_reason(
    session: AsyncSession,
    workspace_id: UUID,
    reason_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: int | None,
    by: str,
    now: datetime,
) -> LossReason:
    """The changed reason. Raises `NotFound`, `PreconditionRequired`, `Stale`."""
    reason = await session.scalar(
        select(LossReason).where(LossReason.workspace_id == workspace_id, LossReason.id == reason_id).with_for_update()
    )
    if reason is None:
        raise NotFound("There is no such loss reason.")
    check_version(if_match, reason.version)
    before = _shown(reason)
    for field, value in changes.items():
        setattr(reason, field, value)
    if (after := _shown(reason)) == before:
        return reason
    reason.version += 1
    reason.updated_at = now
    await session.flush()
    await publish(session, [loss_reason_changed(reason)])
    await audit.record(
        session, workspace_id=workspace_id, by=by, action="loss_reason.update",
        subject_type="loss_reason", subject_id=reason.id, before=before, after=after, now=now,
    )  # fmt: skip
    return reason


def _shown(reason: LossReason) -> dict[str, Any]:
    return {name: getattr(reason, name) for name in ("key", "name", "position", "active")}
