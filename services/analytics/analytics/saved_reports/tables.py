"""Tables `saved_report` and `report_delivery`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class SavedReport(Base):
    """A question under a name. `query` is as its author asked, so it means what its words mean on the day it is run.

    `url`, `format`, `schedule` and the sealed `secret` are there together where it is sent out; `next_run_at` is when
    next, and null while it is `paused` for the reason told there.
    """

    __tablename__ = "saved_report"
    __table_args__ = (
        CheckConstraint("format IN ('json', 'csv')", "format"),
        CheckConstraint("(url IS NULL) = (schedule IS NULL) AND (url IS NULL) = (secret IS NULL)", "delivery"),
        Index("ix_saved_report_name", "workspace_id", "name", "id"),
        Index("ix_saved_report_due", "next_run_at", postgresql_where=text("next_run_at IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    query: Mapped[dict[str, Any]] = mapped_column(JSONB(none_as_null=True))
    shared: Mapped[bool]
    url: Mapped[str | None]
    format: Mapped[str | None]
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    secret: Mapped[bytes | None]
    next_run_at: Mapped[datetime | None]
    paused: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ReportDelivery(Base):
    """One sending of a report. `body` is made at the first attempt and kept until it is over, so that every attempt
    sends the same; `leased_until` says until when a worker is at it."""

    __tablename__ = "report_delivery"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'delivered', 'failed')", "status"),
        ForeignKeyConstraint(["workspace_id", "report_id"], ["saved_report.workspace_id", "saved_report.id"]),
        UniqueConstraint("workspace_id", "report_id", "due_at"),
        Index("ix_report_delivery_waiting", "next_attempt_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_report_delivery_created", "created_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID]
    due_at: Mapped[datetime]
    status: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    body: Mapped[bytes | None]
    answered: Mapped[int | None]
    snippet: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
