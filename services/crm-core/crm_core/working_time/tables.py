"""Table `holiday`. A user's own hours, rota, days off and pause are columns of theirs."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Holiday(Base):
    """A day on which nobody of the workspace works, unless their rota says so."""

    __tablename__ = "holiday"
    __table_args__ = (Index("uq_holiday_day", "workspace_id", "day", unique=True),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date())
    name: Mapped[str]
    created_at: Mapped[datetime]
