"""Tables `simulation` and `simulated_lead`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Simulation(Base):
    """One simulation. `rules` is the set it tries, as it was when it was asked for. Of its leads the first `leads_done`
    are given out; `turns` and `tally` (by rule: how many it was for, gave, and could give to nobody) are as of then,
    so that another worker goes on from there. `result` is there when it is done."""

    __tablename__ = "simulation"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'done', 'failed')", name="status"),
        Index("ix_simulation_created", "workspace_id", "created_at", "id"),
        Index("ix_simulation_due", "created_at", "id", postgresql_where=text("status IN ('waiting', 'running')")),
        Index("ix_simulation_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    drafted: Mapped[bool]
    rules: Mapped[list[dict[str, Any]]]
    condition: Mapped[dict[str, Any] | None]
    occurred_from: Mapped[datetime]
    occurred_to: Mapped[datetime]
    created_by: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    leads_total: Mapped[int]
    leads_done: Mapped[int]
    turns: Mapped[dict[str, Any]]
    tally: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class SimulatedLead(Base):
    """One lead on paper, by its place in the order in which people asked: when it came, when it was closed in fact,
    who had it first in fact, and who would get it, by which rule (None: by turn within a team, or by nobody)."""

    __tablename__ = "simulated_lead"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "simulation_id"], ["simulation.workspace_id", "simulation.id"]),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    simulation_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    was_owner_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
