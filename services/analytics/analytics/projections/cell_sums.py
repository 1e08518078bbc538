"""Sums of measures from cells: of the family with the fewest dimensions that has all that are asked for.

What lies in months is read from months and the rest day by day (`slices.spans`), so a year costs some twenty cells for
each combination of values, however many leads there were.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from leadkit.db import set_local
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import KNOWN, Look
from analytics.projections.measures import AMOUNT, FAMILIES, MEASURE, Subject, part
from analytics.projections.queries import CURRENT_CELLS
from analytics.projections.slices import NOTHING, Slice, Sum, Wanted, spans
from analytics.projections.times import Times

SMALLEST_FIRST: Final = ("day", "source", "hour", "owner", "stage", "product", "source_owner", "campaign", "flow")
ALONE: Final = {
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Starting helpers takes ten times what cells take, planning anew for each period as long as reading them. Spans of
days are looked up: another kind of join may seem cheaper, and reads all cells there are for the few that are wanted."""

BY_DAYS: Final = frozenset({"day", "week", "weekday"})
"""Dimensions that no month has."""


def family_for(wanted: Wanted, needed: Sequence[str]) -> str | None:
    """The smallest family that has the measure and every dimension needed; None: only the facts do."""
    for family in SMALLEST_FIRST:
        if family in MEASURE[wanted.measure].families and all(
            _column_name(family, dimension, wanted.subject) for dimension in needed
        ):
            return family
    return None


def _column_name(family: str, dimension: str, subject: Subject) -> str | None:
    if family == "stage" and subject == "lead":
        # A lead's status lies where a deal's stage does.
        dimension = "stage" if dimension == "status" else dimension
    dimensions = FAMILIES[family]
    return f"d{dimensions.index(dimension) + 1}" if dimension in dimensions else None


def look_at_cells(asked: Slice, family: str, wanted: Sequence[Wanted]) -> list[Look[list[Sum]]]:
    """The sums of measures: one look for counts and amounts, one for lengths of time.

    In family `stage`, where leads and deals have different dimensions, all wanted are of one subject.
    """
    counted = tuple((each.measure, each.amount) for each in wanted if not MEASURE[each.measure].timed)
    timed = tuple(each.measure for each in wanted if MEASURE[each.measure].timed)
    kept = tuple((condition.dimension, condition.negated) for condition in asked.where)
    by, values = _By(family, wanted[0].subject, asked.by, kept), _values(asked, family)
    looks = []
    if counted:
        looks.append(Look(_counts(by, counted), values, partial(_counted, counted)))
    if timed:
        looks.append(Look(_times(by), values | {"measures": list(timed)}, _timed))
    return looks


async def read_alone(session: AsyncSession, *, alone: bool) -> None:
    """Whether PostgreSQL reads cells, alone, until the transaction ends; if not, it reads facts, as it thinks best.

    Said before the transaction's first statement it costs no way to the server.
    """
    if session.info.get("alone", False) != alone:
        await set_local(session, *(f"{name} = {value if alone else 'DEFAULT'}" for name, value in ALONE.items()))
        session.info["alone"] = alone


_Counted = tuple[tuple[str, bool], ...]
"""Measures, and whether with their amounts."""


class _By(NamedTuple):
    """By what cells are summed and what conditions look at (negated or not): all that a statement's text depends on."""

    family: str
    subject: Subject
    by: tuple[str, ...]
    where: tuple[tuple[str, bool], ...]


def _values(asked: Slice, family: str) -> dict[str, Any]:
    read = spans(asked.period, by_days=not BY_DAYS.isdisjoint(asked.dimensions))
    return {
        "workspace_id": asked.workspace_id,
        "parts": [part(family, asked.basis, span.grain) for span in read],
        "starts": [span.start for span in read],
        "ends": [span.end for span in read],
        "signs": [span.sign for span in read],
        **{f"where_{index}": sorted(condition.values) for index, condition in enumerate(asked.where)},
    }


@lru_cache(maxsize=KNOWN)
def _counts(by: _By, measures: _Counted) -> str:
    numbers = ", ".join(f"sum(sign * {measure})" for measure, _ in measures)
    amounts = ", ".join(f"sum(sign * {AMOUNT[measure]})" for measure, with_amount in measures if with_amount)
    summed = f"ARRAY[{numbers}]::bigint[] AS numbers, ARRAY[{amounts}]::text[] AS amounts"
    return _statement(by, "cell", (), summed, "numbers, amounts")


def _counted(measures: _Counted, rows: list[list[Any]] | None) -> list[Sum]:
    return [each for row in rows or () for each in _sums_of(measures, *row)]


def _sums_of(measures: _Counted, key: list[str], numbers: list[int | None], amounts: list[str | None]) -> Iterator[Sum]:
    combination, following = tuple(key), iter(amounts)
    for (measure, with_amount), n in zip(measures, numbers, strict=True):
        amount = Decimal(next(following) or NOTHING) if with_amount else NOTHING
        if n or amount:
            yield Sum(combination, measure, n or 0, amount)


@lru_cache(maxsize=KNOWN)
def _times(by: _By) -> str:
    summed = "measure, sum(sign * n) AS n, sum(CASE WHEN sign < 0 THEN -spread ELSE spread END)::text AS spread"
    return _statement(by, "cell_time", ("measure",), summed, "measure, n, spread")


def _timed(rows: list[list[Any]] | None) -> list[Sum]:
    return [Sum(tuple(key), measure, n, times=Times(spread, n)) for key, measure, n, spread in rows or () if n]


def _statement(by: _By, table: str, more: tuple[str, ...], summed: str, told: str) -> str:
    """The values asked by as an array, then what is summed; by measure too where the table has one."""
    kept = [CURRENT_CELLS, *(f"{column} = ANY(:{column}s)" for column in more)]
    for index, (dimension, negated) in enumerate(by.where):
        found = f"{_expression(by.family, dimension, by.subject)} = ANY(:where_{index})"
        kept.append(f"NOT ({found})" if negated else found)
    names = [f"by_{place}" for place in range(len(by.by))]
    picked = "".join(
        f"{_expression(by.family, key, by.subject)} AS {name}, " for key, name in zip(by.by, names, strict=True)
    )
    grouped = ", ".join((*names, *more))
    return f"""
        SELECT json_agg(json_build_array(ARRAY[{", ".join(names)}]::text[], {told})) FROM (
            SELECT {picked}{summed}
            FROM unnest(CAST(:parts AS text[]), CAST(:starts AS date[]), CAST(:ends AS date[]), CAST(:signs AS int[]))
                span(read, starts, ends, sign)
            JOIN {table} ON part = read AND day >= starts AND day < ends
            WHERE {" AND ".join(kept)}{f" GROUP BY {grouped}" if grouped else ""}) sums"""


def _expression(family: str, dimension: str, subject: Subject) -> str:
    return _column_name(family, dimension, subject) or {
        "day": "day::text",
        "weekday": "extract(isodow FROM day)::int::text",
    }.get(dimension, f"date_trunc('{dimension}', day)::date::text")
