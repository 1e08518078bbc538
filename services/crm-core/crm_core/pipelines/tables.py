"""Tables `pipeline` and `stage`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Pipeline(Base):
    """One way to sell; a workspace has exactly one default, which deals without a named pipeline go through.

    Stages from the probability `amount_needed_from` on ask for an amount. What is archived is offered no more."""

    __tablename__ = "pipeline"
    __table_args__ = (
        Index("uq_pipeline_default", "workspace_id", unique=True, postgresql_where=text("is_default")),
        CheckConstraint("amount_needed_from BETWEEN 0 AND 1", name="amount_needed_from"),
        Index("ix_pipeline_created", "workspace_id", "created_at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    is_default: Mapped[bool]
    may_skip: Mapped[bool] = mapped_column(server_default=true())
    may_go_back: Mapped[bool] = mapped_column(server_default=true())
    amount_needed_from: Mapped[float | None] = mapped_column(Double())
    archived: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Stage(Base):
    """A step of a pipeline; `position` counts from 0 (one that is archived has that of the stage behind it),
    `rots_after_days` is how long a deal may stay without a flag."""

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
    meaning: Mapped[str | None]
    archived: Mapped[bool] = mapped_column(server_default=false())
