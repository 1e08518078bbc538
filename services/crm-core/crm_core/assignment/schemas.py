"""Why a lead has its owner, as clients see it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.assignment.tables import AssignmentExplanation


class ExplanationOut(Shape):
    """One assignment and why: the rules that were tried in order, whom each left, and who won."""

    at: Moment
    by: str = Field(examples=["system"])
    team_id: UUID | None
    owner_id: UUID | None
    rules: list[dict[str, Any]]

    @classmethod
    def of(cls, row: AssignmentExplanation) -> "ExplanationOut":
        """The stored explanation as clients see it."""
        return cls.model_validate(row)


class AssignmentOut(Shape):
    """Who has a lead and why: rules, candidates and winner of the last assignment; `history` has all, latest first."""

    lead_id: UUID
    owner_id: UUID | None
    team_id: UUID | None
    rules: list[dict[str, Any]]
    candidates: list[UUID]
    winner: UUID | None
    history: list[ExplanationOut]

    @classmethod
    def of(
        cls, lead_id: UUID, owner_id: UUID | None, team_id: UUID | None, rows: Sequence[AssignmentExplanation]
    ) -> "AssignmentOut":
        """The last assignment on top; a lead that somebody took without being given it has no rules."""
        history = [ExplanationOut.of(row) for row in rows]
        tried = history[0].rules if history else []
        return cls(
            lead_id=lead_id,
            owner_id=owner_id,
            team_id=team_id,
            rules=tried,
            candidates=tried[-1]["candidates"] if tried else [],
            winner=history[0].owner_id if history else None,
            history=history,
        )
