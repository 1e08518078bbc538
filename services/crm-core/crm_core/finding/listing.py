"""What can be asked of an entity's list, as a value, and the statement that an answer needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, and_, or_

from crm_core.conditions.fields import Fields
from crm_core.conditions.sql import Column, Columns, clause, is_leaky
from crm_core.conditions.tree import All, Condition
from crm_core.contacts.points import Point
from crm_core.finding.words import patterns


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """An entity's list: its fields with the columns that hold them, the orders it can have (by columns that are never
    null, each with an index), the text that is searched, and how a whole address leads to a row.

    `leaky_sorts` are orders whose cursor compares by an operator that is not leakproof."""

    entity: str
    seen_by: Callable[[Caller], Select[Any]]
    fields: Fields
    columns: Columns
    sorts: Mapping[str, Column]
    default: str
    key: Column
    leaky_sorts: frozenset[str] = frozenset()
    searched: Column | None = None
    reached_by: Callable[[Point], ColumnElement[bool]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What somebody wants to see of a list: rows that meet the condition and, with `q`, that a search finds; `also` is
    what a slice's own parameters add."""

    condition: Condition = field(default_factory=All)
    q: str | None = None
    also: tuple[ColumnElement[bool], ...] = ()


def narrowed(listing: Listing, caller: Caller, asked: Asked, *, now: datetime) -> Select[Any]:
    """The rows that the caller may see and that meet the condition, whatever is searched."""
    met = clause(asked.condition, listing.columns, now=now)
    return listing.seen_by(caller).where(met, *asked.also)


def containing(listing: Listing, q: str, region: str) -> ColumnElement[bool]:
    """That the row's words contain all that is searched."""
    column = listing.searched
    assert column is not None
    found = [or_(*(column.like(pattern, escape="\\") for pattern in each)) for each in patterns(q, region)]
    return and_(True, *found)


def wants_search_role(listing: Listing, asked: Asked, sort: str | None) -> bool:
    """Whether the list is to be read in the role `search`, since row-level security would keep an index unused."""
    order = (sort or listing.default).removeprefix("-")
    return asked.q is not None or is_leaky(asked.condition) or order in listing.leaky_sorts
