"""Table `unmatched_address`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class UnmatchedAddress(Base):
    """A phone, e-mail or messenger address by which no two inquiries are of one person; normalised like all others."""

    __tablename__ = "unmatched_address"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'email', 'messenger')", name="kind"),
        CheckConstraint("reason IN ('own', 'blocked', 'shared')", name="reason"),
        Index("uq_unmatched_address_value", "workspace_id", "kind", "value", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    note: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
