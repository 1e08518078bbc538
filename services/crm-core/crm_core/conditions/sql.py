"""A condition as the WHERE of a list."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, literal, literal_column, not_, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.conditions.kinds import Op, Relative
from crm_core.conditions.tree import All, Condition, Not, Test

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A value that is a member of a JSON object: `value` reads it. Where it is `plain`, written as it is compared, what
    is equal is narrowed to by containment first, which an index serves."""

    of: Column
    key: str
    value: Column
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Moving:
    """A value that changes with the clock alone, such as whether something is late: `at` reads it at a moment."""

    at: Callable[[datetime], Column]


Columns = Mapping[str, Column | Member | Moving]
"""By field name, what holds its value: a column, or an expression over the row."""

LEAKY: frozenset[Op] = frozenset({"contains", "starts_with", "has", "has_any", "has_all"})


def clause(condition: Condition, columns: Columns, *, now: datetime) -> ColumnElement[bool]:
    """The condition over these columns, true for the rows that meet it; a `not` is true wherever its inside is not,
    also where that is null. Columns of kinds `bool` and `texts` are never null."""
    if isinstance(condition, Test):
        return _met(condition, columns[condition.field.name], now)
    if isinstance(condition, Not):
        return clause(condition.of, columns, now=now).is_not(true())
    parts = [clause(part, columns, now=now) for part in condition.of]
    if isinstance(condition, All):
        return and_(true(), *parts)
    return or_(false(), *parts)


def is_leaky(test: Test, computed: Collection[str] = ()) -> bool:
    """Whether PostgreSQL would leave an index unused for the test under row-level security, since its operator, or
    what reads a `computed` field, is not leakproof: then the list is read in the role `search`."""
    return test.op in LEAKY or test.field.kind == "decimal" or test.field.name in computed


def _met(test: Test, column: Column | Member | Moving, now: datetime) -> ColumnElement[bool]:
    if isinstance(column, Moving):
        column = column.at(now)
    if isinstance(column, Member):
        return and_(*_narrowing(test, column, now), _met(test, column.value, now))
    if test.op == "is_set":
        there = func.cardinality(column) > 0 if test.field.kind == "texts" else column.is_not(None)
        return there if test.value else not_(there)
    if test.field.kind == "bool":  # without comparing, so that a partial index is seen to fit
        return column if test.value else not_(column)  # type: ignore[return-value]
    value = test.value.at(now) if isinstance(test.value, Relative) else test.value
    return ASKED[test.op](column, value)


def _narrowing(test: Test, member: Member, now: datetime) -> list[ColumnElement[bool]]:
    """What follows from the test and an index can answer; nothing where nothing does."""
    if not member.plain or test.op not in EQUAL or test.value is False:
        return []
    value = test.value.at(now) if isinstance(test.value, Relative) else test.value
    there = [member.of.contains({member.key: contained}) for contained in EQUAL[test.op](value)]
    return [member.of.op("<>", is_comparison=True)(NOTHING), or_(*there)]


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


NOTHING: ColumnElement[Any] = literal_column("'{}'::jsonb")
"""Written into the statement, so that PostgreSQL sees that a partial index fits."""

EQUAL: Mapping[Op, Callable[[Any], list[Any]]] = {
    "eq": lambda value: [_json(value)],
    "in": lambda value: [_json(each) for each in value],
    "has": lambda value: [[value]],
    "has_any": lambda value: [[each] for each in value],
    "has_all": lambda value: [list(value)],
}
"""Of which operators the JSON that must be contained is known: one of these."""

ASKED: Mapping[Op, Callable[[Column, Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(literal(value, column.type)),
    "in": lambda column, value: column.in_(value),
    "not_in": lambda column, value: column.in_(value).is_not(true()),
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "contains": lambda column, value: column.icontains(value, autoescape=True),
    "starts_with": lambda column, value: column.istartswith(value, autoescape=True),
    "has": lambda column, value: column.contains([value]),
    "has_any": lambda column, value: column.overlap(list(value)),
    "has_all": lambda column, value: column.contains(list(value)),
}
