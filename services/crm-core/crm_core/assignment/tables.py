"""Tables `assignment_turn` and `assignment_explanation`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class AssignmentTurn(Base):
    """How many leads each present member of a team was given by turn. One row a team, locked last in a transaction,
    so whoever gives out leads at the same time sees the counts of the one before."""

    __tablename__ = "assignment_turn"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    given: Mapped[dict[str, int]]
    updated_at: Mapped[datetime]


class AssignmentExplanation(Base):
    """Why a lead got its owner (or nobody): the rules tried, the candidates each left, the winner."""

    __tablename__ = "assignment_explanation"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        Index("ix_assignment_explanation_lead", "workspace_id", "lead_id", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[str]
    team_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    rules: Mapped[list[dict[str, Any]]]
