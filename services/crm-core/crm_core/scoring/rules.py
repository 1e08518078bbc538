"""How a score comes about: points by rules and by answered questions, each with its reason. Pure.

A rule gives its points when its condition holds; with `per` it gives them for each unit of a number beyond `beyond`, at
most `at_most`. The score is the sum, held between 0 and 100; two thresholds make it a temperature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import Temperature
from leadkit.problems import FieldError, Invalid

from crm_core.conditions.facts import holds
from crm_core.conditions.kinds import Relative
from crm_core.conditions.tree import All, Condition, Test, each_test
from crm_core.custom_fields.rules import FieldInfo

HIGHEST = 100
WARM_FROM, HOT_FROM = 30, 60


@dataclass(frozen=True, slots=True)
class Rule:
    """A scoring rule, its condition read."""

    id: UUID | None
    name: str
    condition: Condition
    points: int
    per: str | None = None
    beyond: int = 0
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question of qualification: `points` for an answer (for yes, where it is asked so), or by the choice made."""

    id: UUID | None
    key: str
    name: str
    type: str
    points: int
    choices: Mapping[str, int]


class Line(NamedTuple):
    """Points that one rule or question gives a lead, and why."""

    points: int
    reason: str
    rule_id: UUID | None = None
    question_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """All that a workspace's scores come from. `revision` grows with each change of it; `custom` are the workspace's
    own fields that its rules ask about."""

    rules: Sequence[Rule]
    questions: Sequence[Question]
    warm_from: int = WARM_FROM
    hot_from: int = HOT_FROM
    revision: int = 0
    custom: Sequence[FieldInfo] = ()

    def lines(self, facts: Mapping[str, Any], answers: Mapping[str, Any], *, now: datetime) -> list[Line]:
        """Every rule and answer that gives points to a card with these facts, in their order."""
        found = []
        for rule in self.rules:
            if (points := _points(rule, facts, now)) != 0:
                found.append(Line(points, rule.name, rule_id=rule.id))
        for question in self.questions:
            answer = answers.get(question.key)
            if answer is not None and (points := _answered(question, answer)) != 0:
                found.append(Line(points, question.name, question_id=question.id))
        return found

    def temperature_of(self, score: int) -> Temperature:
        """The temperature that a score stands for."""
        if score >= self.hot_from:
            return "hot"
        return "warm" if score >= self.warm_from else "cold"

    def moves_with_time(self) -> bool:
        """Whether a score may change though nothing happens."""
        return any(isinstance(test.value, Relative) for rule in self.rules for test in each_test(rule.condition))


def score_of(lines: Sequence[Line]) -> int:
    """The sum of the points, between 0 and 100."""
    return max(0, min(HIGHEST, sum(line.points for line in lines)))


def check_answers(questions: Mapping[str, Question], answers: Mapping[str, Any], *, at: str = "/answers") -> None:
    """Raises `Invalid` for answers that are not of their question's type, each at its place; answers to nothing that is
    asked (any more) are kept as they come, and give no points."""
    errors = [
        FieldError(pointer=f"{at}/{key}", detail=_wanted(questions[key]))
        for key, answer in answers.items()
        if key in questions and answer is not None and not _fits(questions[key], answer)
    ]
    if errors:
        raise Invalid(errors=errors)


def _fits(question: Question, answer: Any) -> bool:
    if question.type == "bool":
        return isinstance(answer, bool)
    if question.type == "number":
        return isinstance(answer, int | float) and not isinstance(answer, bool)
    return isinstance(answer, str) and (question.type == "text" or answer in question.choices)


def _wanted(question: Question) -> str:
    if question.type == "choice":
        return f"must be one of {', '.join(question.choices)}"
    return {"bool": "must be true or false", "number": "must be a number"}.get(question.type, "must be a text")


def _points(rule: Rule, facts: Mapping[str, Any], now: datetime) -> int:
    condition = rule.condition
    if isinstance(condition, Test) and condition.op == "eq" and condition.field.kind == "bool":
        met = facts.get(condition.field.name) == condition.value  # most rules are this plain, and a batch has thousands
    else:
        met = condition == ALWAYS or holds(condition, facts, now=now)
    if not met:
        return 0
    if rule.per is None:
        return rule.points
    points = rule.points * max(0, int(facts.get(rule.per) or 0) - rule.beyond)
    if rule.at_most is None:
        return points
    return min(points, rule.at_most) if points > 0 else max(points, -rule.at_most)


def _answered(question: Question, answer: Any) -> int:
    if question.type == "choice":
        return question.choices.get(str(answer), 0)
    if question.type == "bool":
        return question.points if answer is True else 0
    return question.points if answer != "" else 0


ALWAYS = All()
