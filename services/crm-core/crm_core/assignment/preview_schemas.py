"""What a preview of assignment takes and answers."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment, Money, Shape
from leadkit.contracts.events import Temperature
from leadkit.contracts.inquiry import Channel
from pydantic import Field

from crm_core.assignment.rule_schemas import AssignmentRuleCreate
from crm_core.assignment.schemas import SENTENCES
from crm_core.fields import Language, Line


class MadeUpLead(Shape):
    """A lead that is not there: what rules may ask about, as far as it matters. It can be called."""

    channel: Channel | None = None
    provider: Line | None = None
    source_id: UUID | None = None
    source: Line | None = None
    medium: Line | None = None
    campaign: Line | None = None
    product: Line | None = Field(default=None, examples=["windows"])
    region: Line | None = Field(default=None, examples=["RU-MOW"])
    language: Language | None = None
    temperature: Temperature = "cold"
    score: int = Field(default=0, ge=0, le=100)
    budget: Money | None = None
    repeat: bool = False
    company: Line | None = None
    subject: Line | None = None
    message: Annotated[str, Field(max_length=20_000)] | None = None
    tags: list[Line] = Field(default_factory=list, max_length=100)
    custom: dict[str, Any] = Field(default_factory=dict, max_length=200)
    team_id: UUID | None = None
    previous_owner_id: UUID | None = None


class PreviewIn(Shape):
    """Leads to try rules on, made up or past ones. Without `rules` those that hold; `at`: as if it were then."""

    rules: Annotated[list[AssignmentRuleCreate], Field(max_length=200)] | None = None
    leads: list[MadeUpLead] = Field(default_factory=list, max_length=200)
    lead_ids: list[UUID] = Field(default_factory=list, max_length=1000)
    at: Moment | None = None


class PreviewItem(Shape):
    """Who would get one lead, and why; `index` is its place, made-up ones first."""

    index: int = Field(examples=[0])
    lead_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    rule_id: UUID | None
    rules: list[dict[str, Any]]
    words: list[str] = Field(examples=SENTENCES)


class UserShare(Shape):
    """How many of the leads somebody would get."""

    user_id: UUID
    name: str = Field(examples=["Анна Смирнова"])
    leads: int = Field(examples=[5])


class PreviewOut(Shape):
    """Who would get which lead; `nobody`: how many would wait in the queue."""

    items: list[PreviewItem]
    users: list[UserShare]
    nobody: int = Field(examples=[0])
