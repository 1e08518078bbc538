"""The `team` table."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Team(Base):
    """A team; one of a workspace is the default one, which gets the leads that no rule sends elsewhere."""

    __tablename__ = "team"
    __table_args__ = (
        Index("uq_team_default", "workspace_id", unique=True, postgresql_where=text("is_default")),
        Index("uq_team_name", "workspace_id", "name", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    is_default: Mapped[bool]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
