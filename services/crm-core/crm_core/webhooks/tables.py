"""Tables `webhook` and `webhook_delivery`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Webhook(Base):
    """An endpoint and how it stands. `position` is how far the feed is read for it; `failures` failed attempts in a row
    since `failing_since`, `retry_at` when the next may be made; `sealed_secrets` the newest first, those that were
    replaced with when they end."""

    __tablename__ = "webhook"
    __table_args__ = (
        Index("ix_webhook_created", "workspace_id", "created_at", "id"),
        Index("ix_webhook_enabled", "retry_at", postgresql_where=text("enabled")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    url: Mapped[str]
    types: Mapped[list[str]]
    matching: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    disabled_reason: Mapped[str | None]
    sealed_secrets: Mapped[bytes]
    position: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    retry_at: Mapped[datetime]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one endpoint: what is sent (`payload`), and what came of each attempt. `event_id` is its
    `webhook-id`, the same in every attempt."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "webhook_id"], ["webhook.workspace_id", "webhook.id"]),
        CheckConstraint("status IN ('waiting', 'delivered', 'failed', 'cancelled')", name="status"),
        Index("uq_webhook_delivery_event", "workspace_id", "webhook_id", "event_id", unique=True),
        Index("ix_webhook_delivery_created", "workspace_id", "webhook_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery_waiting", "workspace_id", "webhook_id", "position", "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_webhook_delivery_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID]
    event_id: Mapped[str]
    event_type: Mapped[str]
    position: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]]
    status: Mapped[str]
    failures: Mapped[int]
    attempts: Mapped[list[dict[str, Any]]]
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    first_failed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
