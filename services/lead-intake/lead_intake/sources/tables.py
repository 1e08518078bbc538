"""Sources, the keys of their doors, and what is known of each workspace."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Source(Base):
    """A configured entry point. A deleted one keeps its row, since submissions name it."""

    __tablename__ = "source"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    channel: Mapped[str]
    provider: Mapped[str]
    key: Mapped[str]
    settings: Mapped[dict[str, Any]]
    sealed_secrets: Mapped[bytes]
    defaults: Mapped[dict[str, Any]]
    spam: Mapped[dict[str, Any]]
    allowed_origins: Mapped[list[str]]
    redirect_url: Mapped[str | None]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("channel IN ('form', 'email', 'call', 'chat', 'ads', 'import', 'api')", name="channel"),
        Index(None, "workspace_id", "created_at", "id"),
    )


class DoorKey(Base):
    """Which source a public key opens: needed before a workspace is known, so without row-level security."""

    __tablename__ = "door_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]
    source_id: Mapped[UUID]


class WorkspaceSetting(Base):
    """What lead-intake has learnt of a workspace from crm-core's feed."""

    __tablename__ = "workspace_setting"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    default_region: Mapped[str]
    time_zone: Mapped[str]
    language: Mapped[str]
    raw_requests_days: Mapped[int | None]
