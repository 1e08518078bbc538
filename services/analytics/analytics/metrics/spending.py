"""Spend by any dimensions: joined to leads by ids before names, shared where it lacks a dimension, to the cent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import Look
from analytics.metrics.reading import read
from analytics.projections.cell_sums import family_for, look_at_most
from analytics.projections.measures import LONGEST_DIMENSION
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

JOINED: Final = (*IDS, *NAMES)
"""All by which leads claim spend."""

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
    """What is to be looked at for the spend of a slice: what was told, whether there are rate cards too, and (where
    nothing else of the leads is needed) the names that leads with the same campaign id carry."""

    told: Look[list[SpentSum]]
    cards: Look[bool]
    names: Look[dict[str, Key]] | None

    @property
    def all(self) -> Iterator[Look[Any]]:
        """Those that there are."""
        return (each for each in self if each is not None)


_WITH_CAMPAIGN_ID: Final = (
    "EXISTS (SELECT FROM spend_month WHERE workspace_id = :workspace_id AND campaign_id IS NOT NULL)"
)


def look_at_spend(asked: Slice) -> SpendLooks:
    """What `spend_by` needs of the same slice."""
    told = queries.look_at_spent(asked.workspace_id, asked.period, **_detail(asked))
    names, by = None, ("campaign_id", *RENAMED)
    if asked.needed == ("source",) and (family := family_for(LEADS, by)):
        names = look_at_most(replace(asked, by=by, where=()), family, LEADS, where=_WITH_CAMPAIGN_ID)
    return SpendLooks(told, any_cards(asked.workspace_id), names)


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
    names_suffice = all(each.keys["source"] for each in here) and set(claiming) <= {"campaign_id", *RENAMED}
    if looks.names is not None and names_suffice:
        claims, source, renamed = list[ClaimRow](), "cells", {"campaign_id": _renamed(looks.names.found)}
    else:
        claims, source = await _claims(session, asked, claiming) if claiming else ([], "cells")
        renamed = _renaming(claims, claiming)
    spent = _spent(here, dimensions, renamed)
    lacking = any(None in each.own for each in spent)
    shared = share(spent, _as_claims(claims, dimensions, claiming) if lacking else [])
    return Spending(
        _kept(shared, asked, dimensions),
        _left_out(sums, asked.currency),
        "facts" if owed or source == "facts" else "cells",
    )


def _cut(spent: SpentSum) -> SpentSum:
    """As cells write the values, and without empty ones; nearly all are written so already."""
    if all(value is None or 0 < len(value) <= LONGEST_DIMENSION for value in spent.keys.values()):
        return spent
    keys = {key: as_cells_write(key, value) if value else None for key, value in spent.keys.items()}
    return spent._replace(keys=keys)


def _claiming(sums: Iterable[SpentSum], dimensions: Sequence[str]) -> tuple[str, ...]:
    """The dimensions by which leads have to be read so that they can claim what spend lacks; none: it lacks nothing."""
    beyond = tuple(dimension for dimension in dimensions if dimension not in CALENDAR)
    wanted: dict[str, None] = {}
    for named in dict.fromkeys(tuple(key for key, value in spent.keys.items() if value is not None) for spent in sums):
        lacking = not set(named).issuperset(beyond)
        identifier = next((identifier for identifier in IDS if identifier in named), None)
        if identifier and (lacking or any(dimension in RENAMED for dimension in beyond)):
            wanted |= dict.fromkeys((*beyond, identifier, *RENAMED))
        if lacking:
            wanted |= dict.fromkeys((*beyond, *(name for name in NAMES if name in named)))
    return tuple(wanted)


ClaimRow = tuple[Key, int]
"""Leads of one combination of the values that were read to claim spend, and how many they are."""


async def _claims(
    session: AsyncSession, asked: Slice, claiming: tuple[str, ...]
) -> tuple[list[ClaimRow], Literal["cells", "facts"]]:
    reading = await read(session, replace(asked, by=claiming, where=()), [LEADS])
    return [(key, tallies[LEADS.measure].n) for key, tallies in reading.tallies.items()], reading.read


def _as_claims(rows: Iterable[ClaimRow], dimensions: Sequence[str], claiming: Sequence[str]) -> list[Claim]:
    place = {key: number for number, key in enumerate(claiming)}
    of_values, of_match = ([place.get(key) for key in keys] for keys in (dimensions, JOINED))
    return [
        Claim(
            values=tuple("" if number is None else key[number] for number in of_values),
            match=tuple(None if number is None else key[number] for number in of_match),
            leads=leads,
        )
        for key, leads in rows
    ]


Renaming = dict[str, dict[str, dict[str, str]]]
"""Kind of id -> id -> the names that most leads with it carry (named before nameless, then the first by text)."""


def _spent(sums: Iterable[SpentSum], dimensions: Sequence[str], renamed: Renaming) -> list[Spent]:
    spent = []
    for each in sums:
        keys, names = each.keys, None
        identifier = next((identifier for identifier in IDS if keys[identifier] is not None), None)
        if identifier in renamed:
            names = renamed[identifier].get(keys[identifier] or "")
        if names is not None:
            keys = {**keys, **names}
        own = tuple([day_key(key, each.day) if each.day and key in CALENDAR else keys.get(key) for key in dimensions])
        match = _match(keys, identifier, joined_by_id=names is not None) if None in own else ()
        spent.append(Spent(own=own, match=match, cents=int(each.amount * 100)))
    return spent


def _match(keys: dict[str, str | None], identifier: str | None, *, joined_by_id: bool) -> tuple[str | None, ...]:
    """The keys by which leads claim it. By names, leads with another id of that kind belong to something else."""
    if joined_by_id:
        return tuple(keys[key] if key == identifier else None for key in JOINED)
    return tuple(keys[key] if key in NAMES else "" if key == identifier else None for key in JOINED)


def _renaming(rows: Sequence[ClaimRow], claiming: Sequence[str]) -> Renaming:
    # An id may be asked for as a dimension only, by spend without one: then no names were read beside it.
    if not set(RENAMED) <= set(claiming):
        return {}
    source, medium, campaign = (claiming.index(name) for name in RENAMED)
    renaming: Renaming = {}
    for identifier in set(IDS) & set(claiming):
        of_id, counts = claiming.index(identifier), dict[str, dict[Key, int]]()
        for key, leads in rows:
            if key[of_id]:
                names, counted = (key[source], key[medium], key[campaign]), counts.setdefault(key[of_id], {})
                counted[names] = counted.get(names, 0) + leads
        best = {value: min(names, key=lambda key: (not any(key), -names[key], key)) for value, names in counts.items()}
        renaming[identifier] = _renamed(best)
    return renaming


def _renamed(best: dict[str, Key]) -> dict[str, dict[str, str]]:
    """Only names that there are."""
    return {
        value: {name: told for name, told in zip(RENAMED, names, strict=True) if told} for value, names in best.items()
    }


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
