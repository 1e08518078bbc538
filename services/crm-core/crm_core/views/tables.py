"""Table `saved_view`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class SavedView(Base):
    """A view of one entity's list. `condition` is as its author wrote it and is read anew each time, so it always means
    what the fields mean now; `created_by` is the author, whose it stays."""

    __tablename__ = "saved_view"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        CheckConstraint("shared IN ('nobody', 'team', 'all')", name="shared"),
        CheckConstraint("shared <> 'team' OR team_id IS NOT NULL", name="shared_with_a_team"),
        Index("ix_saved_view_name", "workspace_id", "name", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    entity: Mapped[str]
    condition: Mapped[dict[str, Any] | None]
    q: Mapped[str | None]
    sort: Mapped[str | None]
    columns: Mapped[list[str]]
    shared: Mapped[str]
    team_id: Mapped[UUID | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
