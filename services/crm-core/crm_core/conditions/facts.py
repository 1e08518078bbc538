"""A condition asked of values in memory: of a lead that is just arriving, or of one made up for a preview. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crm_core.conditions.kinds import Op, Relative
from crm_core.conditions.tree import All, Condition, Not, Test


def holds(condition: Condition, facts: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether the facts (by field name, each of its kind; what is missing is absent) meet the condition.

    The zone of `now` says which day today is."""
    if isinstance(condition, Test):
        return _met(condition, facts.get(condition.field.name), now)
    if isinstance(condition, Not):
        return not holds(condition.of, facts, now=now)
    if isinstance(condition, All):
        return all(holds(part, facts, now=now) for part in condition.of)
    return any(holds(part, facts, now=now) for part in condition.of)


def _met(test: Test, fact: Any, now: datetime) -> bool:
    if test.op == "is_set":
        return (fact is not None and fact != []) is test.value
    value = test.value.at(now) if isinstance(test.value, Relative) else test.value
    if fact is None:
        return test.op in ("ne", "not_in")
    return ANSWERS[test.op](fact, value)


ANSWERS: Mapping[Op, Callable[[Any, Any], bool]] = {
    "eq": lambda fact, value: fact == value,
    "ne": lambda fact, value: fact != value,
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "gt": lambda fact, value: fact > value,
    "gte": lambda fact, value: fact >= value,
    "lt": lambda fact, value: fact < value,
    "lte": lambda fact, value: fact <= value,
    "contains": lambda fact, value: value.lower() in fact.lower(),
    "starts_with": lambda fact, value: fact.lower().startswith(value.lower()),
    "has": lambda fact, value: value in fact,
    "has_any": lambda fact, value: not set(value).isdisjoint(fact),
    "has_all": lambda fact, value: set(value) <= set(fact),
}
