"""Sums of measures by any dimensions: from cells where a family has them, else from the facts; visits as told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import KNOWN, Look, look, read_alone
from analytics.projections.cell_sums import family_for, look_at_cells
from analytics.projections.fact_sums import sums_of_facts
from analytics.projections.foreign_sums import added_to, any_foreign, foreign_sums
from analytics.projections.measures import Subject
from analytics.projections.queries import SettingChanged, look_at_setting
from analytics.projections.slices import NOTHING, Key, Slice, Sum, Wanted
from analytics.projections.times import Times, together
from analytics.traffic.queries import any_visits, visits_by


@dataclass(slots=True)
class Tally:
    """The sum of one measure for one combination of values; `measured` by time, in parts."""

    n: int = 0
    amount: Decimal = NOTHING
    measured: list[Times] = field(default_factory=list)

    @property
    def times(self) -> Times:
        """How long it took, of all parts."""
        return self.measured[0] if len(self.measured) == 1 else together(self.measured)

    def add(self, each: Sum) -> None:
        """Adds one sum read."""
        self.n += each.n
        self.amount += each.amount
        if each.times is not None:
            self.measured.append(each.times)

    def merge(self, other: "Tally") -> None:
        """Adds another tally."""
        self.n += other.n
        self.amount += other.amount
        self.measured += other.measured


Tallies = dict[Key, dict[str, Tally]]
"""Combination of values -> measure -> its sum."""


@dataclass(slots=True)
class Reading:
    """What was read, and from where; `facts` when one of the measures needed them.

    `left_out`: by measure and currency, the amounts of deals that no exchange rate is known for; in no tally.
    """

    tallies: Tallies
    read: Literal["cells", "facts"]
    left_out: dict[str, dict[str, Decimal]] = field(default_factory=dict)


class _Places(NamedTuple):
    """Where measures lie: in which family of cells, in the facts, or as visits; and which have money of deals."""

    cells: tuple[tuple[str, tuple[Wanted, ...]], ...]
    facts: tuple[Wanted, ...]
    foreign: tuple[str, ...]
    visits: bool


@lru_cache(maxsize=KNOWN)
def _places(wanted: tuple[Wanted, ...], needed: tuple[str, ...]) -> _Places:
    cells: dict[tuple[str, Subject | None], list[Wanted]] = {}
    facts = []
    told = {each.measure: each for each in sorted(wanted, key=lambda each: each.amount) if each.subject != "visit"}
    for each in told.values():
        family = family_for(each, needed)
        if family is None:
            facts.append(each)
        else:
            # In `stage` leads and deals have different dimensions.
            cells.setdefault((family, each.subject if family == "stage" else None), []).append(each)
    return _Places(
        tuple((family, tuple(measures)) for (family, _), measures in cells.items()),
        tuple(facts),
        added_to(told.values()),
        any(each.subject == "visit" for each in wanted),
    )


class _Plan(NamedTuple):
    """How the sums of one slice are read: cells are looked at, what few have is looked for."""

    asked: Slice
    places: _Places
    cells: list[Look[list[Sum]]]
    foreign: Look[bool]
    visits: Look[bool]

    @property
    def looks(self) -> list[Look[Any]]:
        """What goes in one statement."""
        few = (self.foreign, bool(self.places.foreign)), (self.visits, self.places.visits)
        return [*self.cells, *(each for each, needed in few if needed)]


async def read(session: AsyncSession, asked: Slice, wanted: Iterable[Wanted]) -> Reading:
    """The sums of all wanted measures; combinations without any are left out."""
    [reading] = await read_together(session, [(asked, wanted)])
    return reading


async def read_together(
    session: AsyncSession, questions: Iterable[tuple[Slice, Iterable[Wanted]]], *beside: Look[Any]
) -> list[Reading]:
    """The sums of several slices, and what is to be looked at beside them: all that lies in cells in one statement.

    Raises `SettingChanged` where a slice is in another zone or currency than the cells that were read.
    """
    plans = [_plan(asked, wanted) for asked, wanted in questions]
    settings = {plan.asked.workspace_id: look_at_setting(plan.asked.workspace_id) for plan in plans}
    await read_alone(session, alone=True)
    await look(session, *settings.values(), *(each for plan in plans for each in plan.looks), *beside)
    await read_alone(session, alone=False)
    for asked, _, *_ in plans:
        now = settings[asked.workspace_id].found
        if now is None or (now.time_zone, now.currency) != (asked.zone, asked.currency):
            raise SettingChanged
    return [await _reading(session, plan) for plan in plans]


def _plan(asked: Slice, wanted: Iterable[Wanted]) -> _Plan:
    places = _places(tuple(wanted), asked.needed)
    cells = [each for family, measures in places.cells for each in look_at_cells(asked, family, measures)]
    return _Plan(asked, places, cells, any_foreign(asked), any_visits(asked.workspace_id, asked.period))


async def _reading(session: AsyncSession, plan: _Plan) -> Reading:
    asked, places = plan.asked, plan.places
    reading = Reading({}, "facts" if places.facts else "cells")
    for cells in plan.cells:
        _add(reading, cells.found)
    if places.visits and plan.visits.found:
        _add(reading, await visits_by(session, asked))
    if places.facts:
        _add(reading, await sums_of_facts(session, asked, places.facts))
    if places.foreign and plan.foreign.found:
        added, reading.left_out = await foreign_sums(session, asked, places.foreign)
        _add(reading, added)
    return reading


def _add(reading: Reading, rows: Iterable[Sum]) -> None:
    for each in rows:
        tallies = reading.tallies.setdefault(each.key, {})
        if each.measure in tallies:
            tallies[each.measure].add(each)
        else:
            tallies[each.measure] = Tally(each.n, each.amount, [] if each.times is None else [each.times])
