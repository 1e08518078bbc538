"""Table `call`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class CallRow(Base):
    """A call that was told, where it went, and the highest `revision` seen. What was said of it stands in its activity;
    of a call to somebody unknown nothing is kept that says who it was."""

    __tablename__ = "call"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        ForeignKeyConstraint(["workspace_id", "deal_id"], ["deal.workspace_id", "deal.id"]),
        CheckConstraint("result IN ('attached', 'unmatched')", name="result"),
        CheckConstraint("(result = 'unmatched') = (activity_id IS NULL)", name="attached_by_its_activity"),
        Index("ix_call_lead", "workspace_id", "lead_id"),
        Index("ix_call_contact", "workspace_id", "contact_id"),
        Index("ix_call_deal", "workspace_id", "deal_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    result: Mapped[str]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    activity_id: Mapped[UUID | None]
    source_id: Mapped[UUID | None]
    provider: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    updated_at: Mapped[datetime]
