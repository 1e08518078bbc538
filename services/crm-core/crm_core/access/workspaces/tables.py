"""The `workspace` table: the one table whose own id is the workspace."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Workspace(Base):
    """A tenant. `closed_lead_policy` says whether a disqualified lead's new inquiry reopens it or makes a new lead."""

    __tablename__ = "workspace"
    __table_args__ = (CheckConstraint("closed_lead_policy IN ('reopen', 'new')", name="closed_lead_policy"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    default_region: Mapped[str]
    language: Mapped[str]
    closed_lead_policy: Mapped[str]
    retention: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
