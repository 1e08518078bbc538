"""Tables `redistribution` and `redistributed_lead`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base

IN_WORK = "status IN ('waiting', 'running', 'undoing')"


class Redistribution(Base):
    """One handing over: the open leads of `user_id` (None: of anybody) that meet the condition, of one team where
    `team_id` is set. Those up to `after` are dealt with; while it is undone it goes through them once more."""

    __tablename__ = "redistribution"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'done', 'undoing', 'undone', 'failed')", name="status"),
        Index("ix_redistribution_created", "workspace_id", "created_at", "id"),
        Index("ix_redistribution_due", "created_at", "id", postgresql_where=text(IN_WORK)),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    condition: Mapped[dict[str, Any] | None]
    created_by: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    after: Mapped[UUID]
    leads_total: Mapped[int]
    leads_done: Mapped[int]
    moved: Mapped[int]
    put_back: Mapped[int]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RedistributedLead(Base):
    """What became of one lead: who had it and who has it since; `result` says whether it moved, stayed, or was put back
    when the whole was undone."""

    __tablename__ = "redistributed_lead"
    __table_args__ = (
        CheckConstraint("result IN ('moved', 'stayed', 'put_back', 'kept')", name="result"),
        ForeignKeyConstraint(
            ["workspace_id", "redistribution_id"], ["redistribution.workspace_id", "redistribution.id"]
        ),
        Index("ix_redistributed_lead_lead", "workspace_id", "lead_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    redistribution_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_owner_id: Mapped[UUID | None]
    from_team_id: Mapped[UUID | None]
    to_owner_id: Mapped[UUID | None]
    result: Mapped[str]
