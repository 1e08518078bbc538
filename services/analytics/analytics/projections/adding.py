"""Adding to cells: one statement for whatever counted, be it a batch of events or a chunk of facts.

Where the sums come from is a query of day cells (`delta`); the statement adds them to the cells of their days and of
their months. Who adds holds the workspace (`generations.hold`), so no two add to the same cell at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.meanwhile import Meanwhile
from analytics.projections.measures import FAMILIES_OF, LANE, Grain, columns_of
from analytics.projections.tables import DIMENSIONS
from analytics.projections.tallying import Buckets, CellKey, Delta, Sums

_KEY: Final = ("workspace_id", "generation", "part", "day", "key")
_NAMED: Final = ", ".join(DIMENSIONS)
_TOLD: Final = "family text, basis text, day date, " + ", ".join(f"{name} text" for name in DIMENSIONS)
_DIGEST: Final = f"md5(concat_ws(chr(31), {_NAMED}))::uuid"
_IN_ORDER: Final = "ORDER BY 3, 4, 5"
"""By part, day and key, so that the cells which a question reads lie together, on a tenth of the pages, and one after
the other as they are found in the index."""
_MONTH: Final = "date_trunc('month', day)::date"


def adding(delta: str, columns: Iterable[str], *, before: str = "") -> str:
    """Adds `delta`, a query of family, basis, day, d1 to d5 and these columns (a key once), to cells.

    `before`: what the query reads by name.
    """
    columns = tuple(columns)
    named = ", ".join(columns)
    summed = ", ".join(f"sum({name})" for name in columns)
    added = ", ".join(
        f"{name} = coalesce(cell.{name} + excluded.{name}, cell.{name}, excluded.{name})" for name in columns
    )
    return f"""
        WITH {before}{", " if before else ""}delta AS MATERIALIZED ({delta})
        INSERT INTO cell ({", ".join(_KEY)}, {_NAMED}, {named})
        SELECT {_own("day")}, day, {_DIGEST}, {_NAMED}, {named} FROM delta
        UNION ALL
        SELECT {_own("month")}, {_MONTH} AS month, {_DIGEST}, {_NAMED}, {summed}
        FROM delta GROUP BY family, basis, month, {_NAMED}
        {_IN_ORDER}
        ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET {added}"""


def adding_times(delta: str, *, before: str = "") -> str:
    """Adds `delta`, a query of family, basis, day, d1 to d5, measure, n and spread, to the cells of times."""
    months = histograms(f"family, basis, month, {_NAMED}, measure", f"(SELECT *, {_MONTH} AS month FROM delta) told")
    return f"""
        WITH {before}{", " if before else ""}delta AS MATERIALIZED ({delta})
        INSERT INTO cell_time ({", ".join(_KEY)}, {_NAMED}, measure, n, spread)
        SELECT {_own("day")}, day, {_DIGEST}, {_NAMED}, measure, n, spread FROM delta
        UNION ALL
        SELECT {_own("month")}, month, {_DIGEST}, {_NAMED}, measure, n, spread
        FROM ({months}) months
        {_IN_ORDER}
        ON CONFLICT ({", ".join(_KEY)}, measure) DO UPDATE
        SET n = cell_time.n + excluded.n, spread = cell_time.spread + excluded.spread"""


def histograms(key: str, rows: str, spread: str = "spread") -> str:
    """`n` and `spread` of rows summed by `key`.

    A histogram is added up only where it has more than one part, and one at a time: all sums of a statement at once
    take kilobytes for each of its cells.
    """
    return f"""SELECT {key}, n, {one_of("spreads")} AS spread
        FROM (SELECT {key}, sum(n) AS n, array_agg({spread}) AS spreads FROM {rows} GROUP BY {key}) listed"""


def one_of(spreads: str) -> str:
    """The sum of an array of histograms."""
    return f"""CASE WHEN cardinality({spreads}) = 1 THEN {spreads}[1]
        ELSE (SELECT sum(part) FROM unnest({spreads}) part) END"""


def spread_of(n: str, bucket: str) -> str:
    """The histogram of `n` cases in one bucket."""
    return f"({n} || 'e' || {bucket} * {LANE})::numeric"


def _own(grain: Grain) -> str:
    return f"CAST(:workspace_id AS uuid), CAST(:generation AS bigint), family || '.' || basis || '.{grain}'"


def _given(more: str) -> str:
    """The rows of one JSON text; what they leave out is NULL, of dimensions ''."""
    return f"json_to_recordset(CAST(:rows AS json)) AS told({_TOLD}, {more})"


_FILLED: Final = ", ".join(f"coalesce({name}, '') AS {name}" for name in DIMENSIONS)


_COLUMNS: Final = columns_of(*FAMILIES_OF)
_TYPED: Final = ", ".join(f"{name} {'numeric' if name.endswith('_amount') else 'int'}" for name in _COLUMNS)
_ADD: Final = text(
    adding(f"SELECT family, basis, day, {_FILLED}, {', '.join(_COLUMNS)} FROM {_given(_TYPED)}", _COLUMNS)
)
_ADD_TIMES: Final = text(
    adding_times(
        f"SELECT family, basis, day, {_FILLED}, measure, n, {one_of('spreads')} AS spread"
        f" FROM {_given('measure text, n int, spreads numeric[]')}"
    )
)


async def add_to_cells(
    session: AsyncSession, workspace_id: UUID, generation: int, delta: Delta, meanwhile: Meanwhile
) -> None:
    """Adds what a tally left: a statement for counts, and one for lengths of time, the last one under way."""
    named = {"workspace_id": workspace_id, "generation": generation}
    if rows := _rows(delta.cells):
        await meanwhile.start(session.execute(_ADD, named | {"rows": rows}))
    if rows := _rows_of_times(delta.times):
        await meanwhile.start(session.execute(_ADD_TIMES, named | {"rows": rows}))


_NAMES: Final = ("basis", "day", *DIMENSIONS)


def _rows(families: Mapping[str, Mapping[CellKey, Sums]]) -> str:
    """As one JSON text, empty without any: what Python makes one by one costs more than all else here."""
    rows: list[dict[str, Any]] = []
    for family, cells in families.items():
        for key, sums in cells.items():
            row: dict[str, Any] = dict(zip(_NAMES, key, strict=False))
            row["family"] = family
            row.update(sums)
            rows.append(row)
    return orjson.dumps(rows, default=str).decode() if rows else ""


def _rows_of_times(families: Mapping[str, Mapping[tuple[CellKey, str], Buckets]]) -> str:
    rows: list[dict[str, Any]] = []
    for family, lengths in families.items():
        for (key, measure), buckets in lengths.items():
            row: dict[str, Any] = dict(zip(_NAMES, key, strict=False))
            row["family"], row["measure"], row["n"] = family, measure, sum(buckets.values())
            row["spreads"] = [f"{n}e{bucket * LANE}" for bucket, n in buckets.items()]
            rows.append(row)
    return orjson.dumps(rows).decode() if rows else ""
