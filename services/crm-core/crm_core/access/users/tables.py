"""The `member` table (`user` is a word of SQL's own)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.access.teams.tables import Team
from crm_core.base import EMPTY_LIST, Base


class User(Base):
    """A member of staff. An inactive one keeps what they own and never gets another lead. At work by `working_hours`,
    or by a `rota` where there is one."""

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "team_id"], [Team.workspace_id, Team.id]),
        CheckConstraint("role IN ('admin', 'head', 'manager', 'analyst')", name="role"),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        Index("uq_member_email", "workspace_id", "email", unique=True),
        Index(None, "workspace_id", "team_id", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    team_id: Mapped[UUID | None]
    active: Mapped[bool]
    level: Mapped[int]
    skills: Mapped[list[str]]
    languages: Mapped[list[str]]
    regions: Mapped[list[str]]
    time_zone: Mapped[str]
    working_hours: Mapped[dict[str, Any] | None]
    rota: Mapped[dict[str, Any] | None]
    days_off: Mapped[list[dict[str, Any]]] = mapped_column(server_default=EMPTY_LIST)
    paused_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    daily_cap: Mapped[int | None]
    open_cap: Mapped[int | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
