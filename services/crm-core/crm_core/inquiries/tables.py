"""Table `inquiry`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class InquiryRow(Base):
    """An inquiry and where it went. `body` is the whole canonical inquiry of the highest `revision` seen, `result` the
    first one (an update never replaces it), `thread_id` the external id as replies name it."""

    __tablename__ = "inquiry"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        ForeignKeyConstraint(["workspace_id", "deal_id"], ["deal.workspace_id", "deal.id"]),
        CheckConstraint("result IN ('created', 'attached', 'reopened')", name="result"),
        CheckConstraint("lead_id IS NOT NULL OR deal_id IS NOT NULL", name="on_something"),
        Index("ix_inquiry_lead", "workspace_id", "lead_id", "occurred_at", "id"),
        Index("ix_inquiry_deal", "workspace_id", "deal_id", "occurred_at", "id"),
        Index("ix_inquiry_recorded", "workspace_id", "recorded_at", "id"),
        Index("ix_inquiry_thread", "workspace_id", "thread_id", postgresql_where=text("thread_id IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    revision: Mapped[int]
    result: Mapped[str]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    activity_id: Mapped[UUID]
    source_id: Mapped[UUID | None]
    channel: Mapped[str]
    provider: Mapped[str | None]
    thread_id: Mapped[str | None]
    direct: Mapped[bool]
    body: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    updated_at: Mapped[datetime]
