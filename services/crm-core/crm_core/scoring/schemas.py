"""What the calls about scoring take and answer."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from leadkit.contracts.events import Temperature
from pydantic import Field

from crm_core.fields import Line, absent

Name = Annotated[Line, Field(examples=["can be called"])]
Points = Annotated[int, Field(ge=-100, le=100, examples=[10])]
Position = Annotated[int, Field(ge=0, le=10_000, examples=[10])]
Counted = Literal["answered", "inquiry_count", "calls_answered", "replies"]
Count = Annotated[int, Field(ge=0, le=1000, examples=[1])]
Most = Annotated[int, Field(ge=1, le=100, examples=[20])]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,50}$", examples=["decision_maker"])]
Type = Literal["bool", "choice", "number", "text"]
Score = Annotated[int, Field(ge=0, le=100, examples=[60])]
Conditions = Annotated[
    dict[str, Any],
    Field(examples=[{"field": "has_phone", "op": "eq", "value": True}], description="In all lists' terms"),
]
Choices = Annotated[dict[Annotated[str, Field(min_length=1, max_length=200)], Points], Field(examples=[{"now": 20}])]


class ScoringRuleCreate(Shape):
    """A rule: `points` when `condition` holds (null: always), or for each unit of `per` beyond `beyond`."""

    name: Name
    condition: Conditions | None = None
    points: Points
    per: Counted | None = None
    beyond: Count = 0
    at_most: Most | None = None
    position: Position | None = None


class ScoringRulePatch(Shape):
    """What of a rule is to change."""

    name: Name = Field(default_factory=absent)
    condition: Conditions | None = None
    points: Points = Field(default_factory=absent)
    per: Counted | None = None
    beyond: Count = Field(default_factory=absent)
    at_most: Most | None = None
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent)


class ScoringRuleOut(Shape):
    """A rule by which leads get points."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["can be called"])
    condition: dict[str, Any] | None = Field(examples=[{"field": "has_phone", "op": "eq", "value": True}])
    points: int = Field(examples=[10])
    per: Counted | None
    beyond: int = Field(examples=[0])
    at_most: int | None
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment


class QuestionCreate(Shape):
    """A question to ask when a lead is qualified: `points` for an answer, for yes, or by the choice made."""

    key: Key
    name: Name
    type: Type
    points: Points = 10
    choices: Choices = Field(default_factory=dict)
    position: Position | None = None


class QuestionPatch(Shape):
    """What of a question is to change; its key and type never do."""

    name: Name = Field(default_factory=absent)
    points: Points = Field(default_factory=absent)
    choices: Choices = Field(default_factory=absent)
    position: Position = Field(default_factory=absent)
    active: bool = Field(default_factory=absent)


class QuestionOut(Shape):
    """A question of qualification."""

    id: UUID
    version: int = Field(examples=[1])
    key: str = Field(examples=["decision_maker"])
    name: str = Field(examples=["Who decides?"])
    type: Type
    points: int = Field(examples=[10])
    choices: dict[str, int] = Field(examples=[{"now": 20}])
    position: int = Field(examples=[10])
    active: bool
    created_at: Moment
    updated_at: Moment


class ScoringPatch(Shape):
    """The thresholds to change."""

    warm_from: Score = Field(default_factory=absent)
    hot_from: Score = Field(default_factory=absent)


class ScoringOut(Shape):
    """From which score on a lead is warm or hot, and how far open leads follow the latest change."""

    version: int = Field(examples=[1])
    warm_from: int = Field(examples=[30])
    hot_from: int = Field(examples=[60])
    revision: int = Field(examples=[1])
    scored: int = Field(examples=[120], description="Open leads looked at since the last change")
    begun_at: Moment
    finished_at: Moment | None


class ScoreLine(Shape):
    """Points that one rule or question gives the lead, and why."""

    points: int = Field(examples=[10])
    reason: str = Field(examples=["can be called"])
    rule_id: UUID | None
    question_id: UUID | None


class ScoreOut(Shape):
    """How a lead's score comes about. `sum` is that of the lines, `score` the same held between 0 and 100;
    `temperature_set`: a person decided the temperature, `by_score` is what it would be otherwise."""

    lead_id: UUID
    score: int = Field(examples=[45])
    sum: int = Field(examples=[45])
    temperature: Temperature
    temperature_set: bool
    by_score: Temperature
    warm_from: int = Field(examples=[30])
    hot_from: int = Field(examples=[60])
    lines: list[ScoreLine]
    completeness: float = Field(examples=[0.75])
    missing: list[str] = Field(examples=[["company"]])
