"""The system query options of a request, read and refused as OData has it. Only columns of the set can be named."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import orjson
from leadkit.problems import Malformed, Problem
from sqlalchemy import ColumnElement, DateTime, Subquery, and_, literal, or_, tuple_

from analytics.exports.sets import FlatSet

PAGE: Final = 1_000
LARGEST_PAGE: Final = 10_000
LONGEST: Final = 4_000
MOST: Final = 10**9
OPTIONS: Final = frozenset({"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format"})
UNREADABLE: Final = Malformed("$skiptoken is what @odata.nextLink gave.")


class NotOffered(Problem):
    """A part of OData that this service does not have."""

    status = 501
    code = "not-implemented"
    title = "This part of OData is not offered"


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by. Nothing comes before everything, as OData has it."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a set. `after` are the values of `order` in the last row of the page before."""

    wanted: FlatSet
    filter: str | None
    select: tuple[str, ...]
    order: tuple[Order, ...]
    top: int | None
    skip: int
    count: bool
    after: tuple[Any, ...] | None
    page: int

    @property
    def in_own_order(self) -> bool:
        """Whether the rows come in the set's own order, which has an index and no nulls."""
        return self.order == tuple(Order(key) for key in self.wanted.order)


def read_options(wanted: FlatSet, params: Mapping[str, str], prefer: str) -> Asked:
    """The options of a request; raises `Malformed`, and `NotOffered` for `$expand`, `$apply` and the like."""
    given = {name if name.startswith("$") else f"${name}": value for name, value in params.items() if _is_option(name)}
    for name, value in given.items():
        if name not in OPTIONS:
            raise NotOffered(f"{name[:40]} is not offered here.")
        if len(value) > LONGEST:
            raise Malformed(f"{name} has at most {LONGEST} characters.")
    if given.get("$format", "json").split(";")[0] not in ("json", "application/json"):
        raise Malformed("$format is json.")
    order = _order(wanted, given.get("$orderby", ""))
    return Asked(
        wanted=wanted,
        filter=given.get("$filter"),
        select=_select(wanted, given.get("$select", "*")),
        order=order,
        top=_number("$top", given.get("$top")),
        skip=_number("$skip", given.get("$skip")) or 0,
        count=_flag("$count", given.get("$count", "false")),
        after=_place(given["$skiptoken"], order, wanted) if "$skiptoken" in given else None,
        page=_page(prefer),
    )


def _is_option(name: str) -> bool:
    return name.startswith("$") or f"${name}" in OPTIONS


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > MOST:
        raise Malformed(f"{name} is a number from 0 to {MOST}.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise Malformed(f"{name} is true or false.")
    return text == "true"


def _page(prefer: str) -> int:
    found = re.search(r"\b(?:odata\.)?maxpagesize=(\d{1,9})", prefer)
    return max(1, min(int(found[1]), LARGEST_PAGE)) if found else PAGE


def _select(wanted: FlatSet, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if "*" in names:
        return tuple(column.key for column in wanted.columns)
    for name in names:
        _known(wanted, name)
    return names


def _order(wanted: FlatSet, text: str) -> tuple[Order, ...]:
    """What is asked for, and then the set's own order, so that each row has one place."""
    orders: dict[str, Order] = {}
    for part in (each.split() for each in text.split(",") if each.strip()):
        if len(part) > 2 or (len(part) == 2 and part[1] not in ("asc", "desc")):
            raise Malformed("$orderby is a list of properties, each with asc or desc.")
        orders.setdefault(_known(wanted, part[0]), Order(part[0], part[-1] == "desc"))
    return (*orders.values(), *(Order(key) for key in wanted.order if key not in orders))


def _known(wanted: FlatSet, name: str) -> str:
    if name not in {column.key for column in wanted.columns}:
        raise Malformed(f"{wanted.name} has no property '{name[:60]}'.")
    return name


def token_of(values: Sequence[Any]) -> str:
    """The place of a row, as `$skiptoken`."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).decode().rstrip("=")


def _place(token: str, order: Sequence[Order], wanted: FlatSet) -> tuple[Any, ...]:
    kinds = {column.key: column.kind for column in wanted.columns}
    try:
        values = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not isinstance(values, list):
            raise UNREADABLE
        return tuple(_typed(value, kinds[each.key]) for value, each in zip(values, order, strict=True))
    except (ValueError, TypeError, InvalidOperation, binascii.Error):
        raise UNREADABLE from None


def _typed(value: Any, kind: str) -> Any:
    match kind:
        case _ if value is None:
            return None
        case "id":
            return UUID(value)
        case "date":
            return date.fromisoformat(value)
        case "time":
            return datetime.fromisoformat(value).astimezone(UTC)
        case "count":
            return int(value)
        case "number":
            return float(value)
        case "money":
            return Decimal(str(value))
        case "flag":
            return bool(value)
        case _:
            return str(value)


def rows_after(rows: Subquery, asked: Asked) -> ColumnElement[bool]:
    """The rows whose place is behind that of `after`."""
    assert asked.after is not None
    if asked.in_own_order:
        return tuple_(*(rows.c[each.key] for each in asked.order)) > asked.after
    ways: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for each, value in zip(asked.order, asked.after, strict=True):
        column = rows.c[each.key]
        ways.append(and_(*same, _beyond(column, value, descending=each.descending)))
        same.append(column.is_(None) if value is None else column == _bound(value))
    return or_(*ways)


def _beyond(column: ColumnElement[Any], value: Any, *, descending: bool) -> ColumnElement[bool]:
    if descending:
        return literal(False) if value is None else or_(column < _bound(value), column.is_(None))
    return column.is_not(None) if value is None else column > _bound(value)


def _bound(value: Any) -> Any:
    return literal(value, DateTime(timezone=True)) if isinstance(value, datetime) else value
