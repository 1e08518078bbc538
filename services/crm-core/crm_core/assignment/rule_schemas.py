"""Rules of assignment as clients send and see them."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.access.users.schemas import Level, Words
from crm_core.assignment.model import EVERY_LIMIT, Fallback, Limit, Matched, StrategyName
from crm_core.deadlines.rules import ToWhom
from crm_core.fields import Line, absent

Name = Annotated[Line, Field(examples=["Hot leads to seniors"])]
Position = Annotated[int, Field(ge=0, le=100_000, examples=[10])]
Ids = Annotated[list[UUID], Field(max_length=1000)]
Weight = Annotated[int, Field(ge=1, le=1000, examples=[2])]
Weights = Annotated[dict[UUID, Weight], Field(max_length=1000, description="Shares by user, for `weighted`; else 1")]
Limits = Annotated[list[Limit], Field(max_length=len(EVERY_LIMIT), description="What holds; left out ones do not")]
CHAIN: tuple[ToWhom, ...] = ("next", "head", "pool")
Conditions = Annotated[
    dict[str, Any],
    Field(
        examples=[{"field": "temperature", "op": "eq", "value": "hot"}],
        description="In all lists' terms, and `hour` and `weekday` in the workspace's zone; null: every lead",
    ),
]


class PoolIn(Shape):
    """Among whom a rule chooses: these users and all managers of these teams (neither named: all managers), narrowed
    to who has all the skills and at least the level, and to who fits the lead in what must match."""

    user_ids: Ids = Field(default_factory=list)
    team_ids: Ids = Field(default_factory=list)
    skills: Words = Field(default_factory=list, examples=[["windows"]])
    min_level: Level = 1
    match: list[Matched] = Field(default_factory=list, max_length=3, examples=[["language", "region"]])


class ResponseIn(Shape):
    """What is expected of who gets a lead: the first contact within so many minutes of their working time, and, where
    an accept timer is set, a start within so many seconds. `then`: to whom a lead goes step by step when it is late."""

    within_minutes: int = Field(ge=1, le=20_160, examples=[15])
    remind_before_minutes: int | None = Field(default=None, ge=1, le=20_160, examples=[5])
    accept_within_s: int | None = Field(default=None, ge=10, le=86_400, examples=[60])
    then: list[ToWhom] = Field(default_factory=lambda: list(CHAIN), max_length=10)


class AssignmentRuleCreate(Shape):
    """A rule: leads that meet the condition go to somebody of the pool, chosen by the strategy within the limits; when
    there is nobody, the fallback says what becomes of them."""

    name: Name
    condition: Conditions | None = None
    pool: PoolIn = Field(default_factory=PoolIn)
    strategy: StrategyName = "round_robin"
    weights: Weights = Field(default_factory=dict)
    limits: Limits = Field(default_factory=lambda: list(EVERY_LIMIT))
    fallback: Fallback = "next_rule"
    response: ResponseIn | None = None
    position: Position | None = Field(default=None, description="Rules are tried in this order; default: the last")
    active: bool = True


class AssignmentRulePatch(Shape):
    """What of a rule is to change."""

    name: Name = Field(default_factory=absent)
    condition: Conditions | None = None
    pool: PoolIn = Field(default_factory=absent)
    strategy: StrategyName = Field(default_factory=absent)
    weights: Weights = Field(default_factory=absent)
    limits: Limits = Field(default_factory=absent)
    fallback: Fallback = Field(default_factory=absent)
    response: ResponseIn | None = None
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent)


class AssignmentRuleOut(Shape):
    """A rule of assignment."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Hot leads to seniors"])
    condition: dict[str, Any] | None = Field(examples=[{"field": "temperature", "op": "eq", "value": "hot"}])
    pool: PoolIn
    strategy: StrategyName
    weights: dict[UUID, int]
    limits: list[Limit]
    fallback: Fallback
    response: ResponseIn | None
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment


class RuleOrder(Shape):
    """All rules of the workspace, in the order in which they are to be tried."""

    ids: Annotated[list[UUID], Field(max_length=1000, examples=[["01a211af-60d6-75f3-a5ef-957de5e2b8fe"]])]
