"""Table `rate_card`."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class RateCard(Base):
    """What a supplier gets for each lead (or each qualified or won one) of a source, on local days from `valid_from`
    up to but not including `valid_to`.

    `medium` and `campaign` match any where they are null. The rules: `unique_within_days`, `regions`, and the loss
    reasons that mean that nobody could be reached (`unreachable_for`) or that it was spam (`spam_for`); empty or null:
    no such rule. Within `return_days` a lead may be disputed, and only what happens to it by then speaks against it.
    """

    __tablename__ = "rate_card"
    __table_args__ = (
        CheckConstraint("pays IN ('lead', 'qualified', 'won')", "pays"),
        CheckConstraint("amount >= 0", "amount"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    supplier: Mapped[str]
    pays: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    source: Mapped[str]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    unique_within_days: Mapped[int | None]
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unreachable_for: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    spam_for: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    return_days: Mapped[int]
    by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
