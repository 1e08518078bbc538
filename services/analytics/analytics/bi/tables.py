"""Who may look at schema `bi`, and at whose rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class BiAccess(Base):
    """A login of the database itself, `bi_` and its id. The policies of all tables behind the views ask this row for
    the workspace, at every query, so a revoked login sees nothing from then on, also in a connection that is open."""

    __tablename__ = "bi_access"
    __table_args__ = (Index(None, "login"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
