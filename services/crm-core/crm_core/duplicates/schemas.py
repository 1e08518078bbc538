"""What the calls about duplicates answer."""

from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.duplicates.suggesting import Entity
from crm_core.duplicates.tables import DuplicateSuggestion

Status = Literal["open", "dismissed", "merged"]


class SignOut(Shape):
    """One thing that the two have in common, how much it weighs (0 to 1), and in words."""

    kind: str = Field(examples=["phone_one_digit_off"])
    weight: float = Field(examples=[0.6])
    words: str = Field(examples=["phones that differ in one digit"])


class DuplicatePair(Shape):
    """Two of a kind that may be the same, how sure that is (0 to 1) and why."""

    id: UUID
    entity: Entity
    one_id: UUID
    other_id: UUID
    score: float = Field(examples=[0.6])
    reason: str = Field(examples=["phones that differ in one digit"])
    signs: list[SignOut]
    status: Status
    decided_by: str | None
    decided_at: Moment | None
    created_at: Moment

    @classmethod
    def of(cls, row: DuplicateSuggestion) -> "DuplicatePair":
        """The pair as clients see it."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class DuplicateOut(Shape):
    """Another that may be the same as the one asked about; `lead_id`, `contact_id` or `company_id` names it too."""

    id: UUID
    other_id: UUID
    lead_id: UUID | None
    contact_id: UUID | None
    company_id: UUID | None
    score: float = Field(examples=[0.6])
    reason: str = Field(examples=["phones that differ in one digit"])
    signs: list[SignOut]
    created_at: Moment

    @classmethod
    def of(cls, row: DuplicateSuggestion, seen_from: UUID) -> "DuplicateOut":
        """The other side of the pair."""
        other = row.other_id if row.one_id == seen_from else row.one_id
        named = {f"{kind}_id": other if row.entity == kind else None for kind in ("lead", "contact", "company")}
        own = {name: getattr(row, name) for name in ("id", "score", "reason", "signs", "created_at")}
        return cls.model_validate({**own, **named, "other_id": other})


class DuplicateList(Shape):
    """Likely duplicates of one thing, the surest first."""

    items: list[DuplicateOut]
