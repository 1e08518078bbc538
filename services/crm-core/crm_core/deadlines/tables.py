"""Table `deadline`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Deadline(Base):
    """What is expected of one owner of one lead. `open` until it is met, or missed (`breached`) and perhaps answered
    `late`; `void` where the lead was closed or went to somebody else before. `wake_at` is when somebody has to look at
    it next, `step` the place in the chain (`response.then`) that a breach went to, or would go to. `worked_s` is the
    owner's working time to the response, `lost_s` that of it which came too late. Written with the lead locked."""

    __tablename__ = "deadline"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        CheckConstraint("status IN ('open', 'breached', 'met', 'late', 'void')", name="status"),
        CheckConstraint("breach IN ('late', 'not_accepted')", name="breach"),
        Index("ix_deadline_lead", "workspace_id", "lead_id", "id"),
        Index("ix_deadline_wake", "wake_at", "workspace_id", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_deadline_owner", "workspace_id", "owner_id", "set_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    lead_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    response: Mapped[dict[str, Any]]
    step: Mapped[int]
    set_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    breach: Mapped[str | None]
    fulfilled_at: Mapped[datetime | None]
    worked_s: Mapped[int | None]
    lost_s: Mapped[int | None]
    updated_at: Mapped[datetime]
