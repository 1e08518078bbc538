"""Tables `pipeline` and `stage`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Pipeline(Base):
    """One way to sell; a workspace has exactly one default, which deals without a named pipeline go through."""

    __tablename__ = "pipeline"
    __table_args__ = (
        Index("uq_pipeline_default", "workspace_id", unique=True, postgresql_where=text("is_default")),
        Index("ix_pipeline_created", "workspace_id", "created_at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Stage(Base):
    """A step of a pipeline; `position` counts from 0, `rots_after_days` is how long a deal may stay without a flag."""

    __tablename__ = "stage"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "pipeline_id"], ["pipeline.workspace_id", "pipeline.id"]),
        UniqueConstraint("workspace_id", "pipeline_id", "key"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("rots_after_days > 0", name="rots_after_days"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    pipeline_id: Mapped[UUID]
    version: Mapped[int]
    key: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    probability: Mapped[float] = mapped_column(Double())
    required_fields: Mapped[list[str]]
    rots_after_days: Mapped[int | None]
