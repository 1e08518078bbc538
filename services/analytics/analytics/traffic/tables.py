"""Visits as they were told."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base

Day = date


class Traffic(Base):
    """The visits of a day under the names and ids that they have; told again they are replaced. `key` is a digest."""

    __tablename__ = "traffic"
    __table_args__ = (CheckConstraint("visits >= 0", "visits"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    date: Mapped[Day] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str | None]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    channel_group: Mapped[str | None]
    landing_page: Mapped[str | None]
    visits: Mapped[int]
    by: Mapped[str]
    recorded_at: Mapped[datetime]
