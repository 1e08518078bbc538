"""Why a lead has its owner, and what a preview answers, as clients see it."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.assignment.tables import AssignmentExplanation
from crm_core.assignment.words import Names, told

SENTENCES = [
    ["Rule “Hot leads”: 2 of 3 could take the lead; by turn it went to Anna (given 4 before, 5 with this one)"]
]


class ExplanationOut(Shape):
    """One assignment and why: the rules that were tried in order, whom each left, and who won; in words too."""

    at: Moment
    by: str = Field(examples=["system"])
    team_id: UUID | None
    owner_id: UUID | None
    rules: list[dict[str, Any]]
    words: list[str] = Field(examples=SENTENCES)

    @classmethod
    def of(cls, row: AssignmentExplanation, names: Names, language: str) -> "ExplanationOut":
        """The stored explanation as clients see it."""
        words = told(row.rules, names, language)
        return cls(at=row.at, by=row.by, team_id=row.team_id, owner_id=row.owner_id, rules=row.rules, words=words)


class AssignmentOut(Shape):
    """Who has a lead and why. Of each rule tried: whether its condition was `met`, the `candidates` who could take the
    lead, how many each had been `given`, who was `skipped` for which reason, and the `winner`. On top is the last
    assignment; `history` has all, latest first."""

    lead_id: UUID
    owner_id: UUID | None
    team_id: UUID | None
    rules: list[dict[str, Any]]
    candidates: list[UUID]
    winner: UUID | None
    words: list[str] = Field(examples=SENTENCES)
    history: list[ExplanationOut]

    @classmethod
    def of(
        cls, lead_id: UUID, owner_id: UUID | None, team_id: UUID | None, history: Sequence[ExplanationOut]
    ) -> "AssignmentOut":
        """The last assignment on top; a lead that somebody took without being given it has no rules."""
        tried = history[0].rules if history else []
        return cls(
            lead_id=lead_id,
            owner_id=owner_id,
            team_id=team_id,
            rules=tried,
            candidates=tried[-1].get("candidates", []) if tried else [],
            winner=history[0].owner_id if history else None,
            words=history[0].words if history else [],
            history=list(history),
        )


Language = Literal["ru", "en"]
