"""Table `segment`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Segment(Base):
    """A group of one entity's cards; `condition` is as its author wrote it, and means what the fields mean now."""

    __tablename__ = "segment"
    __table_args__ = (
        CheckConstraint("entity IN ('lead', 'contact', 'company', 'deal')", name="entity"),
        Index("uq_segment_name", "workspace_id", "entity", "name", unique=True),
        Index("ix_segment_created", "workspace_id", "created_at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    entity: Mapped[str]
    condition: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
