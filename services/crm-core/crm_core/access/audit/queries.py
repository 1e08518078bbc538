"""Reading the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit.tables import Audit


@dataclass(frozen=True, slots=True)
class Filter:
    """What the log is narrowed by; None: by nothing. `since` inclusive, `until` exclusive."""

    by: str | None = None
    action: str | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def entries(workspace_id: UUID, wanted: Filter) -> Select[Audit]:
    """The workspace's entries that match."""
    statement = select(Audit).where(Audit.workspace_id == workspace_id)
    for column, value in (
        (Audit.by, wanted.by),
        (Audit.action, wanted.action),
        (Audit.subject_type, wanted.subject_type),
        (Audit.subject_id, wanted.subject_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(Audit.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(Audit.at < wanted.until)
    return statement


async def changes_of(
    session: AsyncSession, workspace_id: UUID, subject_ids: Sequence[UUID], *, until: datetime | None, limit: int
) -> Sequence[Audit]:
    """The latest changes of these subjects before `until`, newest first: for timelines."""
    statement = select(Audit).where(Audit.workspace_id == workspace_id, Audit.subject_id.in_(subject_ids))
    if until is not None:
        statement = statement.where(Audit.at < until)
    return (await session.scalars(statement.order_by(Audit.at.desc(), Audit.id.desc()).limit(limit))).all()
