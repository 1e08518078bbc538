"""Tables `scoring_rule`, `qualification_question` and `scoring_setting`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class ScoringRule(Base):
    """Points for leads that meet a condition, or for each of a number."""

    __tablename__ = "scoring_rule"
    __table_args__ = (Index("ix_scoring_rule_position", "workspace_id", "position", "id"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    condition: Mapped[dict[str, Any] | None]
    points: Mapped[int]
    per: Mapped[str | None]
    beyond: Mapped[int]
    at_most: Mapped[int | None]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class QualificationQuestion(Base):
    """A question that a workspace asks when it qualifies a lead; `choices` give points by what was chosen."""

    __tablename__ = "qualification_question"
    __table_args__ = (
        CheckConstraint("type IN ('bool', 'choice', 'number', 'text')", name="type"),
        Index("uq_qualification_question_key", "workspace_id", "key", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    key: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    points: Mapped[int]
    choices: Mapped[dict[str, int]]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ScoringSetting(Base):
    """From which score on a lead is warm or hot, and how far the leads follow what was set: those up to `scored_to` are
    scored by `revision` (as of `begun_at`); `finished_at` is null while some are left."""

    __tablename__ = "scoring_setting"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    warm_from: Mapped[int]
    hot_from: Mapped[int]
    revision: Mapped[int]
    begun_at: Mapped[datetime]
    scored_to: Mapped[UUID | None]
    scored: Mapped[int]
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
