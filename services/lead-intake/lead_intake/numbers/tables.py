"""Called numbers, and the version of all of a workspace's numbers together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Number(Base):
    """What a number stands for over a time; a number that moves to another campaign has a row for each."""

    __tablename__ = "number"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    number: Mapped[str]
    folded: Mapped[str]
    source_id: Mapped[UUID | None]
    kind: Mapped[str]
    label: Mapped[str | None]
    attribution: Mapped[dict[str, Any] | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('static', 'dynamic')", name="kind"),
        CheckConstraint("valid_from < valid_to", name="valid"),
        Index(None, "workspace_id", "folded"),
        Index(None, "workspace_id", "created_at", "id"),
    )


class NumberPlan(Base):
    """Counts the changes of a workspace's numbers: who has read them looks at this row to see whether they still hold,
    and who changes them locks it, so that no two overlap."""

    __tablename__ = "number_plan"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
