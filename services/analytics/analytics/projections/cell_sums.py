"""Sums of measures from cells: of the family with the fewest dimensions that has all that are asked for.

What lies in months is read from months and the rest day by day (`slices.spans`), so a year costs some twenty cells for
each combination of values, however many leads there were.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from analytics.looks import KNOWN, Look
from analytics.projections.measures import AMOUNT, FAMILIES, MEASURE, Subject, part
from analytics.projections.queries import CURRENT_CELLS
from analytics.projections.slices import NOTHING, Key, Slice, Sum, Wanted, spans
from analytics.projections.times import Times

SMALLEST_FIRST: Final = ("day", "source", "hour", "owner", "stage", "product", "source_owner", "campaign", "flow")
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


_Counted = tuple[tuple[str, bool], ...]
"""Measures, and whether with their amounts."""


class _By(NamedTuple):
    """By what cells are summed and what conditions look at (negated or not): all that a statement's text depends on."""

    family: str
    subject: Subject
    by: tuple[str, ...]
    where: tuple[tuple[str, bool], ...]


class _Read(NamedTuple):
    """A table of cells, those of its columns that are summed, and by which it is summed beside dimensions."""

    table: str
    columns: tuple[str, ...]
    by: tuple[str, ...]


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
    columns = (column for key, with_amount in measures for column in (key, *([AMOUNT[key]] if with_amount else [])))
    return _statement(by, _Read("cell", tuple(columns), ()), summed, "numbers, amounts")


def _counted(measures: _Counted, rows: list[tuple[list[str], list[int | None], list[str | None]]] | None) -> list[Sum]:
    sums = []
    for key, numbers, amounts in rows or ():
        combination, following = tuple(key), iter(amounts)
        for (measure, with_amount), n in zip(measures, numbers, strict=True):
            amount = Decimal(next(following) or 0) if with_amount else NOTHING
            if n or amount:
                sums.append(Sum(combination, measure, n or 0, amount))
    return sums


@lru_cache(maxsize=KNOWN)
def _times(by: _By) -> str:
    summed = "measure, sum(sign * n) AS n, sum(CASE WHEN sign < 0 THEN -spread ELSE spread END)::text AS spread"
    return _statement(by, _Read("cell_time", ("n", "spread"), ("measure",)), summed, "measure, n, spread")


def _timed(rows: list[list[Any]] | None) -> list[Sum]:
    return [Sum(tuple(key), measure, n, times=Times(spread, n)) for key, measure, n, spread in rows or () if n]


def look_at_most(asked: Slice, family: str, wanted: Wanted, *, where: str) -> Look[dict[str, Key]]:
    """Value of the first dimension asked by -> the values of the others that most of what is wanted have with it.

    Named before nameless, then the first by text. Nothing is read where the condition does not hold, a constant in SQL.
    """
    by = _By(family, wanted.subject, asked.by, ())
    return Look(_most(by, wanted.measure, where), _values(asked, family), _found_most)


@lru_cache(maxsize=KNOWN)
def _most(by: _By, measure: str, where: str) -> str:
    value, *others = _names(by)
    by_text = ", ".join(f'{name} COLLATE "C"' for name in others)
    # Apart (OFFSET 0): sorted for the order below, thousands of cells would be grouped slower than hashed.
    sums = _sums(by, _Read("cell", (measure,), ()), f"sum(sign * {measure}) AS n")
    return f"""
        SELECT json_agg(json_build_array({value}, others)) FROM (
            SELECT DISTINCT ON ({value}) {value}, ARRAY[{", ".join(others)}] AS others
            FROM ({sums} OFFSET 0) sums
            WHERE {value} <> '' AND n <> 0 AND {where}
            ORDER BY {value}, {" || ".join(others)} = '', n DESC, {by_text}) most"""


def _found_most(rows: list[tuple[str, list[str]]] | None) -> dict[str, Key]:
    return {value: tuple(others) for value, others in rows or ()}


def _statement(by: _By, read: _Read, summed: str, told: str) -> str:
    """The values asked by as an array, then what is summed."""
    key, sums = ", ".join(_names(by)), _sums(by, read, summed)
    return f"SELECT json_agg(json_build_array(ARRAY[{key}]::text[], {told})) FROM ({sums}) sums"


def _sums(by: _By, read: _Read, summed: str) -> str:
    """The values asked by, under their `_names`, and what is summed; by measure too where the table has one.

    The cells of each span are looked up by themselves (OFFSET 0): joined, PostgreSQL may read all of the workspace's
    cells and ask of each in which span it lies, which took a second once there were more generations (measured).
    """
    kept = [CURRENT_CELLS, "part = read AND day >= starts AND day < ends"]
    kept += [f"{column} = ANY(:{column}s)" for column in read.by]
    for index, (dimension, negated) in enumerate(by.where):
        found = f"{_expression(by.family, dimension, by.subject)} = ANY(:where_{index})"
        kept.append(f"NOT ({found})" if negated else found)
    expressions = (_expression(by.family, dimension, by.subject) for dimension in by.by)
    picked = [f"{each} AS {name}" for each, name in zip(expressions, _names(by), strict=True)]
    grouped, columns = ", ".join((*_names(by), *read.by)), ", ".join((*picked, *read.by, *read.columns))
    return f"""
            SELECT {"".join(f"{name}, " for name in _names(by))}{summed}
            FROM unnest(CAST(:parts AS text[]), CAST(:starts AS date[]), CAST(:ends AS date[]), CAST(:signs AS int[]))
                span(read, starts, ends, sign)
            CROSS JOIN LATERAL (
                SELECT {columns} FROM {read.table} WHERE {" AND ".join(kept)} OFFSET 0
            ) found{f" GROUP BY {grouped}" if grouped else ""}"""


def _names(by: _By) -> list[str]:
    return [f"by_{place}" for place in range(len(by.by))]


def _expression(family: str, dimension: str, subject: Subject) -> str:
    return _column_name(family, dimension, subject) or {
        "day": "day::text",
        "weekday": "extract(isodow FROM day)::int::text",
    }.get(dimension, f"date_trunc('{dimension}', day)::date::text")
