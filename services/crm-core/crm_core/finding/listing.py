"""What can be asked of an entity's list, as a value, and the statement that an answer needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, and_, or_, true

from crm_core.conditions.fields import Fields
from crm_core.conditions.sql import Column, Columns, clause, is_leaky
from crm_core.conditions.tree import All, Condition, Test, each_test
from crm_core.contacts.points import Point
from crm_core.custom_fields.rules import FieldInfo
from crm_core.finding.lexemes import begin_with
from crm_core.finding.words import address_in, beginnings, is_number, parts, terms


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """An entity's list: its fields with the columns that hold them, the orders it can have (by columns that are never
    null, each with an index), the text that is searched, and how a whole address leads to a row.

    `custom` holds the values of custom fields, `leaky_sorts` are orders whose cursor compares what is not leakproof
    (COALESCE is not), `computed` the fields that are read out of JSON; of
    `served` ones each value has an index in the default order."""

    entity: str
    seen_by: Callable[[Caller], Select[Any]]
    fields: Fields
    columns: Columns
    sorts: Mapping[str, Column]
    default: str
    workspace: Column
    key: Column
    leaky_sorts: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    served: frozenset[str] = frozenset()
    searched: Column | None = None
    reached_by: Callable[[Point], ColumnElement[bool]] | None = None
    custom: Column | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see of a list: rows that meet the condition and, with `q`, that a search finds, narrowed
    further by a saved view; `also` is what a slice's own parameters add, `custom` are the custom fields, if one is
    named."""

    condition: Condition = field(default_factory=All)
    q: str | None = None
    view: UUID | None = None
    also: tuple[ColumnElement[bool], ...] = ()
    custom: Mapping[str, FieldInfo] = field(default_factory=dict)


def narrowed(listing: Listing, caller: Caller, asked: Asked, *, now: datetime) -> Select[Any]:
    """The rows that the caller may see and that meet the condition, whatever is searched."""
    met = clause(asked.condition, listing.columns, now=now)
    return listing.seen_by(caller).where(met, *asked.also)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to understand what is searched. `meant` is quick to ask of a row that was read, `indexed` says the same
    as an index answers it; `few` is said of what only few rows can have."""

    meant: ColumnElement[bool]
    indexed: ColumnElement[bool]
    few: bool = False


def ways(listing: Listing, caller: Caller, q: str, region: str) -> list[Way]:
    """How `q` may be meant, the closest first: as a whole address, as beginnings of words, as parts of the text. The
    first that finds anything is it."""
    column = listing.searched
    assert column is not None
    contained = and_(True, *(or_(*(column.like(one, escape="\\") for one in each)) for each in parts(q, region)))
    found = [Way(contained, contained)]
    if not is_number(q) and (asked := terms(q)):
        begun = and_(*(column.like(pattern, escape="\\") for pattern in beginnings(q)))
        found.insert(0, Way(begun, begin_with(listing.entity, caller.workspace, asked)))
    if listing.reached_by is not None and (address := address_in(q, region)) is not None:
        reached = listing.reached_by(address)
        found.insert(0, Way(reached, reached, few=True))
    return found


def check_sort(listing: Listing, sort: str | None) -> None:
    """Raises `Invalid` at `/sort` unless the list has this order."""
    if sort is not None and sort.removeprefix("-") not in listing.sorts:
        raise Invalid.at("/sort", f"is one of {', '.join(listing.sorts)}, with - in front for descending")


def wants_search_role(listing: Listing, asked: Asked, sort: str | None) -> bool:
    """Whether the list is to be read in the role `search`, since row-level security would keep an index unused."""
    order = (sort or listing.default).removeprefix("-")
    return asked.q is not None or bool(_leaky(listing, asked)) or order in listing.leaky_sorts


def is_guessed(listing: Listing, asked: Asked, sort: str | None) -> bool:
    """Whether PostgreSQL cannot know how many rows meet what is asked, without `q`: under row-level security it keeps
    its statistics from operators that are not leakproof, also in the role `search`. It need not where an index has just
    these rows in just this order."""
    leaky = _leaky(listing, asked)
    return len(leaky) > 1 or any(not _is_served(listing, asked.condition, test, sort) for test in leaky)


def walked_within(listing: Listing, asked: Asked, sort: str | None, *, now: datetime) -> ColumnElement[bool]:
    """A part of what is asked whose rows have an index of their own in the order: it alone is walked, and no row is
    looked at in vain for it. One such part is enough, and of two the other would be passed over row by row."""
    tests = asked.condition.of if isinstance(asked.condition, All) else ()
    for test in tests:
        if isinstance(test, Test) and _is_served(listing, asked.condition, test, sort):
            return clause(test, listing.columns, now=now)
    return true()


def _leaky(listing: Listing, asked: Asked) -> list[Test]:
    return [test for test in each_test(asked.condition) if is_leaky(test, listing.computed)]


def _is_served(listing: Listing, condition: Condition, test: Test, sort: str | None) -> bool:
    one = test.op == "eq" or (test.op == "in" and len(test.value) == 1)
    in_order = sort in (None, listing.default) and test.field.name in listing.served
    return one and in_order and isinstance(condition, All) and test in condition.of
