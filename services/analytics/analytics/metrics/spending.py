"""Spend by any dimensions: joined to leads by ids before names, shared where it lacks a dimension, to the cent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import Look
from analytics.metrics.reading import read
from analytics.projections.slices import CALENDAR, Key, Slice, Wanted, as_cells_write
from analytics.rate_cards.queries import any_cards, charged
from analytics.spend import queries
from analytics.spend.queries import SpentSum
from analytics.spend.rules import UNATTRIBUTED, Claim, Spent, share

IDS: Final = ("campaign_id", "adgroup_id", "ad_id")
"""By which spend is joined, the first that it has."""

NAMES: Final = ("source", "medium", "campaign", "content", "term")
RENAMED: Final = ("source", "medium", "campaign")
"""The names that leads with the same id decide: an ad platform may call a campaign otherwise than its links do."""

LEADS: Final = Wanted("leads", "lead")


@dataclass(frozen=True, slots=True)
class Spending:
    """Money by the values of the dimensions asked for, in the currency of the slice.

    `left_out` is what was spent in other currencies: it is in no number. `read` says `facts` where leads that
    shared it, or what suppliers are paid for, were read from there.
    """

    by_key: dict[Key, Decimal]
    left_out: dict[str, Decimal]
    read: Literal["cells", "facts"] = "cells"

    @property
    def unattributed(self) -> Decimal:
        """The part that could not be given to a dimension."""
        return sum((amount for key, amount in self.by_key.items() if UNATTRIBUTED in key), Decimal(0))


class SpendLooks(NamedTuple):
    """What is to be looked at for the spend of a slice: what was told, and whether there are rate cards too."""

    told: Look[list[SpentSum]]
    cards: Look[bool]


def look_at_spend(asked: Slice) -> SpendLooks:
    """What `spend_by` needs of the same slice."""
    told = queries.look_at_spent(asked.workspace_id, asked.period, **_detail(asked))
    return SpendLooks(told, any_cards(asked.workspace_id))


def _detail(asked: Slice) -> dict[str, bool]:
    return {"by_day": len(asked.needed) < len(asked.dimensions), "by_keys": bool(asked.needed)}


async def spend_by(session: AsyncSession, asked: Slice, looks: SpendLooks) -> Spending:
    """What was spent in the slice; its sum over all rows is what was spent, as far as the conditions keep it."""
    dimensions, detail = asked.dimensions, _detail(asked)
    told = await queries.converted(
        session, asked.workspace_id, asked.period, looks.told.found, currency=asked.currency, **detail
    )
    owed = await charged(session, asked, **detail) if looks.cards.found else []
    sums = told + owed
    here = [_cut(each) for each in sums if each.currency == asked.currency]
    claiming = _claiming(here, dimensions)
    claims, source = await _claims(session, asked, claiming) if claiming else ([], "cells")
    shared = share(_spent(here, dimensions, claims, claiming), _as_claims(claims, dimensions, claiming))
    return Spending(
        _kept(shared, asked, dimensions),
        _left_out(sums, asked.currency),
        "facts" if owed or source == "facts" else "cells",
    )


def _cut(spent: SpentSum) -> SpentSum:
    keys = {key: as_cells_write(key, value) if value else None for key, value in spent.keys.items()}
    return spent._replace(keys=keys)


def _claiming(sums: Iterable[SpentSum], dimensions: Sequence[str]) -> tuple[str, ...]:
    """The dimensions by which leads have to be read so that they can claim what spend lacks; none: it lacks nothing."""
    beyond = tuple(dimension for dimension in dimensions if dimension not in CALENDAR)
    wanted: dict[str, None] = {}
    for spent in sums:
        lacking = any(spent.keys.get(dimension) is None for dimension in beyond)
        identifier = joining_id(spent.keys)
        if identifier and (lacking or any(dimension in RENAMED for dimension in beyond)):
            wanted |= dict.fromkeys((*beyond, identifier, *RENAMED))
        if lacking:
            wanted |= dict.fromkeys((*beyond, *(name for name in NAMES if spent.keys[name] is not None)))
    return tuple(wanted)


def joining_id(keys: dict[str, str | None]) -> str | None:
    """The id by which this spend is joined to leads, if it has any."""
    return next((identifier for identifier in IDS if keys[identifier] is not None), None)


ClaimRow = tuple[dict[str, str], int]
"""Leads of one combination of values, and how many they are."""


async def _claims(
    session: AsyncSession, asked: Slice, claiming: tuple[str, ...]
) -> tuple[list[ClaimRow], Literal["cells", "facts"]]:
    reading = await read(session, replace(asked, by=claiming, where=()), [LEADS])
    rows = [
        (dict(zip(claiming, key, strict=True)), tallies[LEADS.measure].n) for key, tallies in reading.tallies.items()
    ]
    return rows, reading.read


def _as_claims(rows: Iterable[ClaimRow], dimensions: Sequence[str], claiming: Sequence[str]) -> list[Claim]:
    return [
        Claim(
            values=tuple(values.get(dimension, "") for dimension in dimensions),
            match=tuple(values.get(key) if key in claiming else None for key in (*IDS, *NAMES)),
            leads=leads,
        )
        for values, leads in rows
    ]


def _spent(
    sums: Iterable[SpentSum], dimensions: Sequence[str], claims: Sequence[ClaimRow], claiming: Sequence[str]
) -> list[Spent]:
    # An id may be asked for as a dimension only, by spend without one: then no names were read beside it.
    named = set(RENAMED) <= set(claiming)
    renamed = {identifier: renaming(claims, identifier) for identifier in IDS if named and identifier in claiming}
    spent = []
    for each in sums:
        keys, identifier = each.keys, joining_id(each.keys)
        names = renamed.get(identifier or "", {}).get(keys[identifier] or "") if identifier else None
        if identifier and names is not None:
            keys = keys | {name: value for name, value in names.items() if value}
            match = tuple(keys[key] if key == identifier else None for key in (*IDS, *NAMES))
        else:
            # Joined by names; leads that carry another id of that kind belong to something else.
            match = tuple(keys[key] if key in NAMES else "" if key == identifier else None for key in (*IDS, *NAMES))
        own = tuple(day_key(dimension, each.day) if each.day and dimension in CALENDAR else keys.get(dimension)
                    for dimension in dimensions)  # fmt: skip
        spent.append(Spent(own=own, match=match, cents=int(each.amount * 100)))
    return spent


def renaming(claims: Iterable[ClaimRow], identifier: str) -> dict[str, dict[str, str]]:
    """Id -> the names that most leads with it carry (named before nameless, then the first by text)."""
    counts: dict[str, dict[tuple[str, ...], int]] = {}
    for values, leads in claims:
        if values[identifier]:
            names = counts.setdefault(values[identifier], {})
            key = tuple(values[name] for name in RENAMED)
            names[key] = names.get(key, 0) + leads
    best = {value: min(names, key=lambda key: (not any(key), -names[key], key)) for value, names in counts.items()}
    return {value: dict(zip(RENAMED, names, strict=True)) for value, names in best.items()}


def day_key(dimension: str, day: date) -> str:
    """The value of a calendar dimension on a local day."""
    match dimension:
        case "weekday":
            return str(day.isoweekday())
        case "week":
            return (day - timedelta(days=day.weekday())).isoformat()
        case "month":
            return day.replace(day=1).isoformat()
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).isoformat()
        case _:
            return day.isoformat()


def _kept(shared: dict[tuple[str | None, ...], int], asked: Slice, dimensions: Sequence[str]) -> dict[Key, Decimal]:
    """Only what the conditions keep, summed to the dimensions asked by."""
    size = len(asked.by)
    conditions = [(dimensions.index(condition.dimension), condition) for condition in asked.where]
    kept: dict[Key, Decimal] = {}
    for values, cents in shared.items():
        key = tuple(value or "" for value in values)
        if all(condition.keeps(key[position]) for position, condition in conditions):
            kept[key[:size]] = kept.get(key[:size], Decimal(0)) + Decimal(cents) / 100
    return kept


def _left_out(sums: Iterable[SpentSum], currency: str) -> dict[str, Decimal]:
    left_out: dict[str, Decimal] = {}
    for each in sums:
        if each.currency != currency:
            left_out[each.currency] = left_out.get(each.currency, Decimal(0)) + each.amount
    return left_out
