"""The queue of leads without an owner as clients see it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from leadkit.contracts.events import Temperature
from pydantic import Field

from crm_core.assignment.schemas import SENTENCES


class WaitingLead(Shape):
    """A lead that nobody could take, and why; it is given out as soon as somebody can."""

    lead_id: UUID
    team_id: UUID | None
    temperature: Temperature
    score: int = Field(examples=[40])
    product: str | None
    region: str | None
    language: str | None
    waiting_since: Moment
    words: list[str] = Field(examples=SENTENCES)

    @classmethod
    def of(cls, lead: Any, words: Sequence[str], since: Any) -> "WaitingLead":
        """The lead with what was tried last."""
        return cls(
            lead_id=lead.id, team_id=lead.team_id, temperature=lead.temperature, score=lead.score,
            product=lead.product, region=lead.region, language=lead.language, waiting_since=since or lead.created_at,
            words=list(words),
        )  # fmt: skip
