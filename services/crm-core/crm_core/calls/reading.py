"""Calls as they arrive: each validated by itself, its addresses in the form in which equal means same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from leadkit.bulk import validated
from leadkit.contracts.calls import OutboundCall
from leadkit.problems import Problem

from crm_core.contacts.points import Point, points_of
from crm_core.storable import check_storable


@dataclass(frozen=True, slots=True)
class Told:
    """A valid call at its place in the batch; `points` are normalised, `unmatched` those that say nothing of who it
    was. `threads`: a call answers no message."""

    index: int
    call: OutboundCall
    points: Sequence[Point]
    occurred_at: datetime
    unmatched: frozenset[Point] = frozenset()
    threads: Sequence[str] = ()

    @property
    def id(self) -> UUID:
        """The call's id."""
        return self.call.id

    @property
    def keys(self) -> Sequence[Point]:
        """The addresses that tell who the person is."""
        return [point for point in self.points if point not in self.unmatched] if self.unmatched else self.points

    @property
    def talked_at(self) -> datetime | None:
        """When somebody talked with the person; None when nobody did."""
        told = self.call.call
        if told.result != "answered":
            return None
        return self.occurred_at + timedelta(seconds=told.wait_seconds or 0)


def read(items: Sequence[Any], *, region: str, now: datetime) -> tuple[list[Told], dict[int, Problem]]:
    """The valid items in order, and what is wrong with the others by their place. Phones are read as in `region`."""
    told, refused = [], {}
    for index, item in enumerate(items):
        try:
            told.append(_read(index, validated(_without_nulls(item), OutboundCall), region, now))
        except Problem as problem:
            refused[index] = problem
    return told, refused


def _read(index: int, call: OutboundCall, region: str, now: datetime) -> Told:
    check_storable(call)
    line = Point("phone", call.call.line_number or "")
    points = [point for point in points_of(call.phones, [], call.messengers, region=region) if point != line]
    return Told(index, call, points, min(call.occurred_at or call.received_at or now, now))


def _without_nulls(item: Any) -> Any:
    """A key that is null counts as absent."""
    return {name: value for name, value in item.items() if value is not None} if isinstance(item, dict) else item
