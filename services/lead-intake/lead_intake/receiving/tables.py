"""Requests that could not be proved authentic, kept for a while in case the secret was mistyped."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Refused(Base):
    """A request that got 403, unmasked and therefore sealed."""

    __tablename__ = "refused"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    reason: Mapped[str]
    method: Mapped[str]
    size: Mapped[int]
    sealed: Mapped[bytes]
    received_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("reason IN ('signature', 'origin')", name="reason"),
        Index(None, "workspace_id", "source_id", "received_at", "id"),
    )
