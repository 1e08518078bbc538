"""Exchange rates as they were told."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base

Day = date


class ExchangeRate(Base):
    """From `date` on, until a later one is told, one unit of `currency` is worth `rate` of `base`."""

    __tablename__ = "exchange_rate"
    __table_args__ = (CheckConstraint("rate > 0", "rate"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[Day] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    rate: Mapped[Decimal]
    by: Mapped[str]
    recorded_at: Mapped[datetime]
