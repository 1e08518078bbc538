"""Sums of measures by any dimensions: from cells where a family has them, else from the facts; visits as told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.cell_sums import family_for, sums_of_cells
from analytics.projections.fact_sums import sums_of_facts
from analytics.projections.foreign_sums import AMOUNTS, foreign_sums
from analytics.projections.measures import Subject
from analytics.projections.slices import Key, Slice, Sum, Wanted
from analytics.traffic.queries import visits_by


@dataclass(slots=True)
class Tally:
    """The sum of one measure for one combination of values; `buckets` counts by length of time."""

    n: int = 0
    amount: Decimal = Decimal(0)
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, n: int, amount: Decimal, buckets: Mapping[int, int]) -> None:
        """Adds one sum read."""
        self.n += n
        self.amount += amount
        if not self.buckets:
            self.buckets = dict(buckets)
            return
        for bucket, cases in buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + cases

    def merge(self, other: "Tally") -> None:
        """Adds another tally."""
        self.add(other.n, other.amount, other.buckets)


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


async def read(session: AsyncSession, asked: Slice, wanted: Iterable[Wanted]) -> Reading:
    """The sums of all wanted measures; combinations without any are left out."""
    places: dict[tuple[str | None, Subject | None], list[Wanted]] = {}
    for each in dict.fromkeys(wanted):
        if each.subject == "visit":
            places[None, "visit"] = [each]
            continue
        family = family_for(each, asked.needed)
        places.setdefault((family, each.subject if family == "stage" else None), []).append(each)
    reading = Reading({}, "cells")
    for (family, subject), measures in places.items():
        if subject == "visit":
            rows: Iterable[Sum] = await visits_by(session, asked)
        elif family is None:
            reading.read = "facts"
            rows = await sums_of_facts(session, asked, measures)
        else:
            rows = await sums_of_cells(session, asked, family, measures)
        _add(reading, rows)
    foreign = [measure for group in places.values() for measure, _ in group if measure in AMOUNTS]
    if foreign:
        added, reading.left_out = await foreign_sums(session, asked, foreign)
        _add(reading, added)
    return reading


def _add(reading: Reading, rows: Iterable[Sum]) -> None:
    for key, measure, n, amount, buckets in rows:
        reading.tallies.setdefault(key, {}).setdefault(measure, Tally()).add(n, amount, buckets)
