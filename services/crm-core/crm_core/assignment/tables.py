"""Tables `assignment_rule`, `assignment_setting`, `assignment_turn` and `assignment_explanation`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class AssignmentRule(Base):
    """A rule as it was written: condition, pool, strategy, limits, fallback and what response is expected."""

    __tablename__ = "assignment_rule"
    __table_args__ = (
        CheckConstraint("strategy IN ('round_robin', 'weighted', 'least_open', 'best_fit', 'sticky')", name="strategy"),
        CheckConstraint("fallback IN ('next_rule', 'queue', 'head')", name="fallback"),
        Index("ix_assignment_rule_position", "workspace_id", "position", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    condition: Mapped[dict[str, Any] | None]
    pool: Mapped[dict[str, Any]]
    strategy: Mapped[str]
    weights: Mapped[dict[str, int]]
    limits: Mapped[list[str]]
    fallback: Mapped[str]
    response: Mapped[dict[str, Any] | None]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AssignmentSetting(Base):
    """One row a workspace: `revision` grows with every change of its rules. Whoever gives out leads locks it last in
    the transaction, so they see the counts of the one before, and no cap is passed and no turn taken twice."""

    __tablename__ = "assignment_setting"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    updated_at: Mapped[datetime]


class AssignmentTurn(Base):
    """How many leads a rule gave to each of those present: `turn_id` is the rule's id, or the team's where leads are
    given out by turn within a team."""

    __tablename__ = "assignment_turn"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn_id: Mapped[UUID] = mapped_column(primary_key=True)
    given: Mapped[dict[str, int]]
    updated_at: Mapped[datetime]


class AssignmentExplanation(Base):
    """Why a lead got its owner (or nobody): the rules tried, the candidates each left, the winner."""

    __tablename__ = "assignment_explanation"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        Index("ix_assignment_explanation_lead", "workspace_id", "lead_id", "id"),
        Index(
            "ix_assignment_explanation_owner", "workspace_id", "owner_id", "at",
            postgresql_where=text("owner_id IS NOT NULL"),
        ),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[str]
    team_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    rules: Mapped[list[dict[str, Any]]]
