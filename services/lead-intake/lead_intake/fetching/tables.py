"""How asking about a submission stands, while it was not answered yet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class PendingFetch(Base):
    """One row a pending submission that was asked about in vain: failures in a row, and when to ask again."""

    __tablename__ = "pending_fetch"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int]
    retry_at: Mapped[datetime]
    last_failure: Mapped[str]

    __table_args__ = (Index(None, "retry_at"),)
