"""Table `dispute`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class Dispute(Base):
    """A lead that a rate card charges and that should not be paid. `evidence` and `links` say where the evidence lies.

    `status`: open, accepted (the supplier took it back) or refused; decided once.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "card_id"], ["rate_card.workspace_id", "rate_card.id"]),
        UniqueConstraint("workspace_id", "card_id", "lead_id", name="uq_dispute_lead"),
        CheckConstraint("status IN ('open', 'accepted', 'refused')", "status"),
        Index(None, "workspace_id", "opened_at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID]
    lead_id: Mapped[UUID]
    supplier: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[str | None]
    links: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    note: Mapped[str | None]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
