"""What a slice puts on a timeline, and the words for it.

Each slice that has something to tell offers `entries(session, scope, page)` in its own `timeline.py`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

TimeColumn = InstrumentedAttribute[datetime] | ColumnElement[datetime]
AnySelect = Select[*tuple[Any, ...]]
IdColumn = InstrumentedAttribute[UUID] | ColumnElement[UUID]


class Place(NamedTuple):
    """Where a page begins: after the entry of this moment and id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Whose timeline it is: what happened on any of these belongs to it."""

    workspace_id: UUID
    lead_ids: Sequence[UUID] = ()
    contact_ids: Sequence[UUID] = ()
    deal_ids: Sequence[UUID] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that happened. `phrase` and `words` make its summary, `data` is for programs."""

    at: datetime
    id: UUID
    kind: str
    by: str | None
    phrase: str
    words: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageOf:
    """Which entries of a scope are wanted: the newest `limit` before `before`, of these kinds if some are named."""

    limit: int
    before: Place | None = None
    kinds: frozenset[str] | None = None

    def of(self, statement: AnySelect, at: TimeColumn, key: IdColumn) -> AnySelect:
        """The statement for this page, newest first."""
        if self.before is not None:
            there = tuple_(literal(self.before.at, at.type), literal(self.before.id, key.type))
            statement = statement.where(tuple_(at, key) < there)
        return statement.order_by(at.desc(), key.desc()).limit(self.limit)

    def newest(self, entries: Iterable[Entry]) -> list[Entry]:
        """This page of entries that are all in memory."""
        ordered = sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=True)
        before = self.before
        return [entry for entry in ordered if before is None or (entry.at, entry.id) < before][: self.limit]
