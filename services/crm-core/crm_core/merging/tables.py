"""Tables `merge` and `merge_value`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Merge(Base):
    """Two leads, contacts or companies that became one. `moved` names, by kind, the ids of what went along, `before`
    what the one merged away was; `sealed` says why it cannot be taken back any more."""

    __tablename__ = "merge"
    __table_args__ = (
        CheckConstraint("entity IN ('lead', 'contact', 'company')", name="entity"),
        CheckConstraint("from_id <> into_id", name="two"),
        Index("ix_merge_created", "workspace_id", "at", "id"),
        Index("ix_merge_into", "workspace_id", "into_id"),
        Index("ix_merge_from", "workspace_id", "from_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity: Mapped[str]
    from_id: Mapped[UUID]
    into_id: Mapped[UUID]
    moved: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]
    sealed: Mapped[str | None]


class MergeValue(Base):
    """Where one value of the survivor's card comes from; `other` is what the one merged away said instead."""

    __tablename__ = "merge_value"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "merge_id"], ["merge.workspace_id", "merge.id"]),
        CheckConstraint("source IN ('into', 'from', 'both')", name="source"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    merge_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    source: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=False)
    other: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), nullable=True)
