"""How points, score and temperature come about, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crm_core.conditions.tree import read
from crm_core.scoring.defaults import DEFAULT_MODEL
from crm_core.scoring.facts import FIELDS
from crm_core.scoring.rules import Line, Model, Question, Rule, check_answers, score_of
from hypothesis import given
from hypothesis import strategies as st
from leadkit.problems import Invalid

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FLAGS = [field.name for field in FIELDS if field.kind == "bool"]
NOTHING: dict[str, Any] = {**dict.fromkeys(FLAGS, False), "inquiry_count": 1, "answered": 0, "last_activity_at": NOW}
CHOICE = Question(None, "when", "When?", "choice", 0, {"now": 20, "later": -5})
YES = Question(None, "decides", "Decides?", "bool", 15, {})


def lines(model: Model, answers: dict[str, Any] | None = None, **facts: Any) -> list[tuple[int, str]]:
    return [(line.points, line.reason) for line in model.lines({**NOTHING, **facts}, answers or {}, now=NOW)]


def per(**how: Any) -> Model:
    return Model([Rule(None, "asked", read(None, FIELDS), 10, "inquiry_count", **how)], [])


@given(st.dictionaries(st.sampled_from(FLAGS), st.booleans()), st.integers(0, 50), st.integers(0, 20))
def test_the_score_is_the_sum_of_its_points_between_0_and_100(flags: Any, inquiries: int, answered: int) -> None:
    facts = {**NOTHING, **flags, "inquiry_count": inquiries, "answered": answered}
    found = DEFAULT_MODEL.lines(facts, {}, now=NOW)
    assert score_of(found) == max(0, min(100, sum(line.points for line in found)))
    assert all(line.points and line.reason for line in found)


def test_a_number_gives_points_for_each_beyond_up_to_a_limit() -> None:
    model = per(beyond=1, at_most=25)
    assert [lines(model, inquiry_count=count) for count in (1, 2, 9)] == [[], [(10, "asked")], [(25, "asked")]]


def test_questions_give_points_by_the_answer() -> None:
    model = Model([], [CHOICE, YES])
    assert lines(model, {"when": "now", "decides": True}) == [(20, "When?"), (15, "Decides?")]
    assert lines(model, {"when": "later", "decides": False, "unknown": "x"}) == [(-5, "When?")]


def test_recency_takes_points_as_time_passes() -> None:
    assert DEFAULT_MODEL.moves_with_time()
    quiet = lines(DEFAULT_MODEL, last_activity_at=NOW - timedelta(days=20))
    assert quiet == [(-10, "quiet for two weeks")]
    assert score_of([Line(-10, "quiet")]) == 0


@pytest.mark.parametrize(("score", "temperature"), [(0, "cold"), (29, "cold"), (30, "warm"), (60, "hot"), (100, "hot")])
def test_temperature_follows_the_thresholds(score: int, temperature: str) -> None:
    assert DEFAULT_MODEL.temperature_of(score) == temperature


@pytest.mark.parametrize(("key", "answer"), [("when", "never"), ("decides", "yes")])
def test_answers_are_of_their_questions_type(key: str, answer: Any) -> None:
    with pytest.raises(Invalid) as refused:
        check_answers({"when": CHOICE, "decides": YES}, {key: answer})
    assert [error.pointer for error in refused.value.errors or ()] == [f"/answers/{key}"]
