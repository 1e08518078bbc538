"""Sums of measures from cells: of the family with the fewest dimensions that has all that are asked for.

What lies in months is read from months and the rest day by day (`slices.spans`), so a year costs some twenty cells for
each combination of values, however many leads there were.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.measures import AMOUNT, FAMILIES, MEASURE, Subject, part, unpacked
from analytics.projections.queries import CURRENT_CELLS
from analytics.projections.slices import Slice, Span, Sum, Wanted, spans

SMALLEST_FIRST: Final = ("day", "source", "hour", "owner", "stage", "product", "source_owner", "campaign", "flow")
NOTHING: Final = Decimal(0)
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


async def sums_of_cells(session: AsyncSession, asked: Slice, family: str, wanted: Sequence[Wanted]) -> list[Sum]:
    """The sums of measures: one statement for counts and amounts, one for lengths of time.

    In family `stage`, where leads and deals have different dimensions, all wanted are of one subject.
    """
    counted = [each.measure for each in wanted if not MEASURE[each.measure].timed]
    timed = [each.measure for each in wanted if MEASURE[each.measure].timed]
    sums: list[Sum] = []
    await read_alone(session, alone=True)
    if counted:
        sums += await _counts(session, asked, family, wanted[0].subject, counted)
    if timed:
        sums += await _times(session, asked, family, wanted[0].subject, timed)
    return sums


async def read_alone(session: AsyncSession, *, alone: bool) -> None:
    """Whether PostgreSQL reads in this transaction without helpers: starting these takes ten times what cells take."""
    if session.info.get("alone", False) != alone:
        await session.execute(text(f"SET LOCAL max_parallel_workers_per_gather = {'0' if alone else 'DEFAULT'}"))
        session.info["alone"] = alone


async def _counts(
    session: AsyncSession, asked: Slice, family: str, subject: Subject, measures: Sequence[str]
) -> Iterator[Sum]:
    columns = [*measures, *(AMOUNT[measure] for measure in measures if measure in AMOUNT)]
    summed = ", ".join(f"sum({column}) AS {column}" for column in columns)
    rows = await _read(session, asked, family, subject, "cell", columns, summed, {})
    return (each for row in rows for each in _sums_of(row, len(asked.by), measures))


def _sums_of(row: Any, size: int, measures: Sequence[str]) -> Iterator[Sum]:
    key, values = tuple(row[:size]), row._mapping
    for measure in measures:
        n, amount = int(values[measure] or 0), values[AMOUNT[measure]] if measure in AMOUNT else NOTHING
        if n or amount:
            yield Sum(key, measure, n, amount, {})


async def _times(
    session: AsyncSession, asked: Slice, family: str, subject: Subject, measures: Sequence[str]
) -> Iterator[Sum]:
    columns, summed = ["measure", "n", "spread"], "measure, sum(n) AS n, sum(spread) AS spread"
    rows = await _read(session, asked, family, subject, "cell_time", columns, summed, {"measures": list(measures)})
    size = len(asked.by)
    return (Sum(tuple(row[:size]), row.measure, int(row.n), NOTHING, unpacked(row.spread)) for row in rows if row.n)


async def _read(
    session: AsyncSession,
    asked: Slice,
    family: str,
    subject: Subject,
    table: str,
    columns: Sequence[str],
    summed: str,
    more: dict[str, Any],
) -> Sequence[Any]:
    """Rows of the values asked by, and what is summed; by measure too where the table has one."""
    expressions = {dimension: _expression(family, dimension, subject) for dimension in asked.dimensions}
    kept = [CURRENT_CELLS]
    values: dict[str, Any] = {"workspace_id": asked.workspace_id, **more}
    kept += ["measure = ANY(:measures)"] if "measures" in more else []
    for index, condition in enumerate(asked.where):
        found = f"{expressions[condition.dimension]} = ANY(:where_{index})"
        kept.append(f"NOT ({found})" if condition.negated else found)
        values[f"where_{index}"] = sorted(condition.values)
    names = [f"by_{place}" for place in range(len(asked.by))]
    picked = [f"{expressions[dimension]} AS {name}" for name, dimension in zip(names, asked.by, strict=True)]
    parts = []
    for index, span in enumerate(spans(asked.period, by_days=not BY_DAYS.isdisjoint(asked.dimensions))):
        values |= {f"start_{index}": span.start, f"end_{index}": span.end}
        of_part = f"part = '{part(family, asked.basis, span.grain)}'"
        of_span = f"{of_part} AND day >= :start_{index} AND day < :end_{index}"
        read = [*picked, *(_signed(column, span) for column in columns)]
        parts.append(f"SELECT {', '.join(read)} FROM {table} WHERE {' AND '.join((*kept, of_span))}")
    grouped = [*names, *(["measure"] if "measures" in more else [])]
    by = f" GROUP BY {', '.join(grouped)}" if grouped else ""
    statement = f"SELECT {', '.join((*names, summed))} FROM ({' UNION ALL '.join(parts)}) cells{by}"
    return (await session.execute(text(statement), values)).all()


def _signed(column: str, span: Span) -> str:
    return f"-{column} AS {column}" if span.sign < 0 and column != "measure" else column


def _expression(family: str, dimension: str, subject: Subject) -> str:
    return _column_name(family, dimension, subject) or {
        "day": "day::text",
        "weekday": "extract(isodow FROM day)::int::text",
    }.get(dimension, f"date_trunc('{dimension}', day)::date::text")
