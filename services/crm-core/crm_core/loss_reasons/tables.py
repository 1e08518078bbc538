"""The `loss_reason` table."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class LossReason(Base):
    """One reason; `key` is its stable name for integrations, `name` the one people read."""

    __tablename__ = "loss_reason"
    __table_args__ = (Index("uq_loss_reason_key", "workspace_id", "key", unique=True),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    key: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
