"""Tables `duplicate_suggestion` and `duplicate_scan`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class DuplicateSuggestion(Base):
    """Two of a kind that may be the same, the smaller id first, so that a pair is suggested once; what was refused
    stays refused. `signs` are what they have in common, `reason` says it in words."""

    __tablename__ = "duplicate_suggestion"
    __table_args__ = (
        CheckConstraint("entity IN ('lead', 'contact', 'company')", name="entity"),
        CheckConstraint("status IN ('open', 'dismissed', 'merged')", name="status"),
        CheckConstraint("one_id < other_id", name="ordered"),
        Index("uq_duplicate_suggestion_pair", "workspace_id", "entity", "one_id", "other_id", unique=True),
        Index("ix_duplicate_suggestion_other", "workspace_id", "entity", "other_id"),
        Index("ix_duplicate_suggestion_score", "workspace_id", "status", "score", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity: Mapped[str]
    one_id: Mapped[UUID]
    other_id: Mapped[UUID]
    score: Mapped[float] = mapped_column(Double())
    reason: Mapped[str]
    signs: Mapped[list[dict[str, Any]]]
    status: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DuplicateScan(Base):
    """Up to which row (by time of creation) a workspace's cards of a kind were compared with the others."""

    __tablename__ = "duplicate_scan"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    last_id: Mapped[UUID]
