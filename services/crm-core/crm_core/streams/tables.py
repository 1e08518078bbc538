"""Tickets for streams."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class StreamTicket(Base):
    """Opens streams of one caller. Only the hash of its secret is kept; `claims` are the caller's, as in its token."""

    __tablename__ = "stream_ticket"
    __table_args__ = (Index(None, "expires_at"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[bytes]
    claims: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]
