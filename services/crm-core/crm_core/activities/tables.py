"""Table `activity`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base, never_null

OPEN = text("completed_at IS NULL")


class Activity(Base):
    """Something done or to be done. `at` is when it happened (or was noted); open until `completed_at`.
    At `alarm_at` the worker tells that it is due soon, or was missed; `reminded_at` and `missed_at` say that it did.
    `data` holds what only some kinds have, such as a call's duration and recording."""

    __tablename__ = "activity"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        ForeignKeyConstraint(["workspace_id", "deal_id"], ["deal.workspace_id", "deal.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        CheckConstraint("kind IN ('call', 'email', 'meeting', 'task', 'note')", name="kind"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint("lead_id IS NOT NULL OR contact_id IS NOT NULL OR deal_id IS NOT NULL", name="on_something"),
        CheckConstraint("remind_before_minutes BETWEEN 0 AND 525600", name="remind_before_minutes"),
        Index("ix_activity_alarm", "alarm_at", "workspace_id", postgresql_where=text("alarm_at IS NOT NULL")),
        Index("ix_activity_at", "workspace_id", "at", "id"),
        Index("ix_activity_lead", "workspace_id", "lead_id", "at", "id"),
        Index("ix_activity_contact", "workspace_id", "contact_id", "at", "id"),
        Index("ix_activity_deal", "workspace_id", "deal_id", "at", "id"),
        Index("ix_activity_owner", "workspace_id", "owner_id", "at", "id"),
        Index("ix_activity_open", "workspace_id", "owner_id", "due_at", postgresql_where=OPEN),
        Index("ix_activity_inquiry", "workspace_id", "inquiry_id"),
        Index("ix_activity_kind", "workspace_id", "kind", "at", "id"),
        Index("ix_activity_team", "workspace_id", "team_id", "at", "id"),
        Index("ix_activity_created", "workspace_id", "created_at", "id"),
        Index("ix_activity_updated", "workspace_id", "updated_at", "id"),
        Index("ix_activity_open_lead", "workspace_id", "lead_id", postgresql_where=OPEN),
        Index("ix_activity_open_deal", "workspace_id", "deal_id", postgresql_where=OPEN),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    direction: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    inquiry_id: Mapped[UUID | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    due_at: Mapped[datetime | None]
    remind_before_minutes: Mapped[int | None]
    alarm_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    result: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


DUE_AT = never_null(Activity.due_at)

Index("ix_activity_due", Activity.workspace_id, DUE_AT, Activity.id)
