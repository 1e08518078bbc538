"""Alerts as they were found."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class Alert(Base):
    """One unusual week of a metric of a source, while its numbers are so; `source` is '' where leads have none.

    `status`: open, acknowledged by somebody, or withdrawn since later numbers put the week back into the usual range.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("workspace_id", "week", "metric", "source", name="uq_alert_week"),
        CheckConstraint("status IN ('open', 'acknowledged', 'withdrawn')", "status"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    week: Mapped[date]
    metric: Mapped[str]
    source: Mapped[str]
    status: Mapped[str]
    value: Mapped[Decimal]
    median: Mapped[Decimal]
    low: Mapped[Decimal]
    high: Mapped[Decimal]
    leads: Mapped[int]
    weeks: Mapped[int]
    words: Mapped[dict[str, str]]
    found_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
