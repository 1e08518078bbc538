"""Table `activity_result`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class ActivityResult(Base):
    """One result of one kind of activity; `key` is what activities keep, `name` what people read, by language."""

    __tablename__ = "activity_result"
    __table_args__ = (
        CheckConstraint("kind IN ('call', 'email', 'meeting', 'task', 'note')", name="kind"),
        Index("uq_activity_result_key", "workspace_id", "kind", "key", unique=True),
        Index("ix_activity_result_position", "workspace_id", "position", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    key: Mapped[str]
    name: Mapped[dict[str, Any]]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
