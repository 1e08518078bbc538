"""Replays and how far they have come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Replay(Base):
    """One replay. It goes through what its filter names in order of arrival; `last_received_at` and `last_id` name the
    submission it has come to, so whoever goes on begins behind that one."""

    __tablename__ = "replay"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    wanted: Mapped[dict[str, Any]]
    status: Mapped[str]
    normaliser_version: Mapped[int]
    total: Mapped[int]
    done: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    failed: Mapped[int]
    last_received_at: Mapped[datetime | None]
    last_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'done', 'cancelled')", name="status"),
        Index(None, "workspace_id", "created_at", "id"),
        Index("ix_replay_open", "created_at", postgresql_where=text("status IN ('queued', 'running')")),
    )
