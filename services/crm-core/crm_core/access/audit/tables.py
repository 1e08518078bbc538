"""The `audit` table: rows are only ever added."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Audit(Base):
    """One change of one row; `before` and `after` hold only the fields that differ."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "workspace_id", "at", "id"),
        Index("ix_audit_subject", "workspace_id", "subject_id", "at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
