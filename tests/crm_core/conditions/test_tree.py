"""Conditions as clients write them: what is read, and what is wrong at which place."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from crm_core.conditions.facts import holds
from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.kinds import Relative
from crm_core.conditions.parameters import condition_of
from crm_core.conditions.tree import All, AnyOf, Not, Test, each_test, read
from leadkit.problems import Invalid

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
ID = "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4e"
FIELDS = Fields(
    "lead",
    Field(name="status", kind="choice", choices=("new", "assigned")),
    Field(name="owner_id", kind="id"),
    Field(name="product", kind="text"),
    Field(name="score", kind="number"),
    Field(name="budget", kind="decimal"),
    Field(name="created_at", kind="time"),
    Field(name="expected_close", kind="date"),
    Field(name="repeat", kind="bool"),
    Field(name="tags", kind="texts", parameter="tag"),
    Field(name="inner", kind="text", parameter=""),
)


def ask(field: Any, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def test_a_tree_is_read_with_values_of_the_fields_kinds() -> None:
    tree = read(
        {
            "all": [
                ask("owner_id", "in", [ID]),
                {"any": [ask("budget", "gte", "10.50")]},
                {"not": ask("score", "eq", 1)},
            ]
        },
        FIELDS,
    )
    assert isinstance(tree, All)
    owner, alternatives, negated = tree.of
    assert isinstance(owner, Test)
    assert owner.value == (UUID(ID),)
    assert isinstance(alternatives, AnyOf)
    assert isinstance(negated, Not)
    assert [test.value for test in each_test(tree)] == [(UUID(ID),), Decimal("10.50"), 1]


def test_nothing_is_a_condition_that_everything_meets() -> None:
    assert holds(read(None, FIELDS), {}, now=NOW)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ([], "/filter"),
        ({"all": {}}, "/filter/all"),
        ({"all": [], "any": []}, "/filter"),
        ({"not": "x"}, "/filter/not"),
        ({"all": [ask("colour", "eq", "red")]}, "/filter/all/0/field"),
        ({"all": [ask({}, "eq", "red")]}, "/filter/all/0/field"),
        (ask("status", "gt", "new"), "/filter/op"),
        (ask("status", "eq", "old"), "/filter/value"),
        (ask("status", "in", "new"), "/filter/value"),
        (ask("status", "in", []), "/filter/value"),
        (ask("status", "is_set", "yes"), "/filter/value"),
        (ask("owner_id", "eq", "me"), "/filter/value"),
        (ask("score", "gte", "ten"), "/filter/value"),
        (ask("score", "gte", True), "/filter/value"),
        (ask("score", "gte", float("inf")), "/filter/value"),
        (ask("budget", "gte", "NaN"), "/filter/value"),
        (ask("created_at", "gte", "2026-05-01"), "/filter/value"),
        (ask("created_at", "gte", "now-1y"), "/filter/value"),
        (ask("expected_close", "lt", "now-1d"), "/filter/value"),
        (ask("expected_close", "lt", "today+3h"), "/filter/value"),
        (ask("repeat", "eq", 1), "/filter/value"),
        (ask("product", "contains", "a\0b"), "/filter/value"),
        (ask("product", "contains", "\ud800"), "/filter/value"),
        (ask("tags", "eq", "vip"), "/filter/op"),
    ],
)
def test_each_mistake_is_told_at_its_place(given: Any, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(given, FIELDS)
    assert [error.pointer for error in refused.value.errors or ()] == [pointer]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read({"any": [ask("score", "eq", "x"), ask("nothing", "eq", 1)]}, FIELDS)
    assert len(refused.value.errors or ()) == 2


def test_trees_that_are_too_deep_or_too_wide_are_refused() -> None:
    deep: dict[str, Any] = ask("score", "eq", 1)
    for _ in range(12):
        deep = {"not": deep}
    for given in (deep, {"all": [{"any": [ask("score", "eq", 1)] * 150}] * 2}):
        with pytest.raises(Invalid):
            read(given, FIELDS)


def test_relative_times_move_with_the_clock_and_dates_with_its_zone() -> None:
    assert Relative("now", timedelta(days=-7)).at(NOW) == datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert Relative("today", timedelta(days=1)).at(NOW) == date(2026, 5, 11)
    week = read(ask("created_at", "gte", "now-1w"), FIELDS)
    assert holds(week, {"created_at": NOW - timedelta(days=6)}, now=NOW)
    assert not holds(week, {"created_at": NOW - timedelta(days=6)}, now=NOW + timedelta(days=2))


def test_what_is_absent_meets_no_test_and_its_contrary() -> None:
    assert not holds(read(ask("product", "eq", "doors"), FIELDS), {}, now=NOW)
    assert holds(read(ask("product", "ne", "doors"), FIELDS), {}, now=NOW)
    assert holds(read({"not": ask("score", "gte", 10)}, FIELDS), {}, now=NOW)


def test_plain_parameters_become_a_condition() -> None:
    given = {
        "status": "new, assigned", "score_from": "10", "created_from": "now-1d", "repeat": "true",
        "tag": "vip,big", "owner_id": " ", "filter": '{"field": "product", "op": "starts_with", "value": "win"}',
    }  # fmt: skip
    condition = condition_of(given, FIELDS)
    facts = {
        "status": "new", "score": 10, "created_at": NOW, "repeat": True, "tags": ["big", "vip"], "product": "Windows",
    }  # fmt: skip
    assert holds(condition, facts, now=NOW)
    for name, value in {"status": "lost", "score": 9, "repeat": False, "tags": ["vip"], "product": "Doors"}.items():
        assert not holds(condition, {**facts, name: value}, now=NOW), name


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"status": "old"}, "/status"),
        ({"score_from": "x"}, "/score_from"),
        ({"repeat": "perhaps"}, "/repeat"),
        ({"filter": "{"}, "/filter"),
        ({"custom.size": "5"}, "/custom.size"),
        ({"status": "new", "filter": '{"all": [{"not": 5}]}'}, "/filter/all/0/not"),
    ],
)
def test_a_wrong_parameter_is_told_by_its_name(given: dict[str, str], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        condition_of(given, FIELDS)
    assert [error.pointer for error in refused.value.errors or ()] == [pointer]
