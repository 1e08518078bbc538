"""The table `fact_deadline`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class DeadlineFact(Base):
    """One deadline of one owner of a lead, as crm-core tells it; `step`: how often the lead had been passed on."""

    __tablename__ = "fact_deadline"
    __table_args__ = (Index("ix_fact_deadline_set_at", "workspace_id", "set_at"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    lead_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    step: Mapped[int]
    status: Mapped[str]
    breach: Mapped[str | None]
    set_at: Mapped[datetime]
    breached_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    worked_s: Mapped[int | None]
    lost_s: Mapped[int | None]
