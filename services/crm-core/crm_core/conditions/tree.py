"""A condition as a tree: read from JSON with every mistake told at its place, and written back as it was. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leadkit.problems import FieldError, Invalid

from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.kinds import LISTED, LONGEST_LIST, Op

DEEPEST = 8
MOST_TESTS = 200
SHAPE = 'must be {"all": [...]}, {"any": [...]}, {"not": {...}} or {"field": ..., "op": ..., "value": ...}'


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one field; `value` is of the field's kind (a tuple where the operator takes a list)."""

    __test__ = False

    field: Field
    op: Op
    value: Any


@dataclass(frozen=True, slots=True)
class All:
    """True when all of them are; so it is without any."""

    of: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one of them is; false without any."""

    of: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """True when it is not true."""

    of: "Condition"


Condition = All | AnyOf | Not | Test


def read(given: Any, fields: Fields, *, at: str = "/filter") -> Condition:
    """The condition that a client wrote; null is one that everything meets. Raises `Invalid` with all that is wrong,
    each at its JSON pointer below `at`."""
    reading = _Reading(fields)
    condition = reading.tree(given, at, 0) if given is not None else All()
    if reading.tests > MOST_TESTS:
        reading.wrong(at, f"must have at most {MOST_TESTS} tests")
    if reading.errors:
        raise Invalid("The condition is not valid.", errors=reading.errors)
    return condition


def both(*conditions: Condition) -> Condition:
    """All of these at once."""
    return conditions[0] if len(conditions) == 1 else All(conditions)


def each_test(condition: Condition) -> Iterator[Test]:
    """Every test of the tree."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from each_test(condition.of)
    else:
        for part in condition.of:
            yield from each_test(part)


class _Reading:
    """One pass over a tree: what was wrong so far, and how many tests there were."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.errors: list[FieldError] = []
        self.tests = 0

    def wrong(self, at: str, detail: str) -> Condition:
        self.errors.append(FieldError(pointer=at, detail=detail))
        return All()

    def tree(self, given: Any, at: str, depth: int) -> Condition:
        if depth > DEEPEST:
            return self.wrong(at, f"must not be nested deeper than {DEEPEST} levels")
        if not isinstance(given, dict):
            return self.wrong(at, SHAPE)
        match sorted(given):
            case ["all"]:
                return All(self._parts(given["all"], f"{at}/all", depth))
            case ["any"]:
                return AnyOf(self._parts(given["any"], f"{at}/any", depth))
            case ["not"]:
                return Not(self.tree(given["not"], f"{at}/not", depth + 1))
            case ["field", "op", "value"]:
                return self._test(given, at)
        return self.wrong(at, SHAPE)

    def _parts(self, given: Any, at: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(given, list) or len(given) > MOST_TESTS:
            self.wrong(at, f"must be a list of at most {MOST_TESTS} conditions")
            return ()
        return tuple(self.tree(part, f"{at}/{index}", depth + 1) for index, part in enumerate(given))

    def _test(self, given: dict[str, Any], at: str) -> Condition:
        self.tests += 1
        name, op = given["field"], given["op"]
        field = self.fields.get(name) if isinstance(name, str) else None
        if field is None:
            return self.wrong(f"{at}/field", f"must be one of {', '.join(one.name for one in self.fields)}")
        if op not in field.of_kind.ops:
            return self.wrong(f"{at}/op", f"must be one of {', '.join(field.of_kind.ops)} for {field.name}")
        try:
            return Test(field, op, _value(field, op, given["value"]))
        except ValueError as error:
            return self.wrong(f"{at}/value", str(error))


def _value(field: Field, op: Op, given: Any) -> Any:
    """The value as it is compared; raises `ValueError` with what would have been right."""
    if op == "is_set":
        if not isinstance(given, bool):
            raise ValueError("must be true or false")
        return given
    if op not in LISTED:
        return _one(field, given)
    if not isinstance(given, list) or not 1 <= len(given) <= LONGEST_LIST:
        raise ValueError(f"must be a list of 1 to {LONGEST_LIST} values")
    return tuple(_one(field, each) for each in given)


def _one(field: Field, given: Any) -> Any:
    value = field.of_kind.read(given)
    if field.choices and value not in field.choices:
        raise ValueError(f"must be one of {', '.join(field.choices)}")
    return value
