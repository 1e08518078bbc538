"""From what chunks of facts count for to the cells of a generation that is being built: some days at once, each once.

Chunks are summed by *bases*, the few sets of dimensions from which all families follow. A step takes the rows of the
earliest days away and adds them to cells in one statement, so that nothing counts twice or never, wherever it stops.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, Literal

from leadkit.db import set_local
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.adding import adding, adding_times, histograms
from analytics.projections.helping import Beside, both, joined
from analytics.projections.measures import BASES, FAMILIES, FAMILIES_OF, Subject, columns_of, part
from analytics.projections.tables import DIMENSIONS, Generation

MEMORY: Final = "work_mem = '192MB'"
"""What sums in bulk take, so that they are not written to disk in between."""

ROWS_FOR_A_FACT: Final = 4
"""So many rows are gathered while one fact is counted."""

Base = Literal["hour", "campaign", "source_owner", "product", "stage", "owner", "flow"]

BASE: Final[dict[Base, tuple[str, ...]]] = {
    "hour": FAMILIES["hour"],
    "campaign": FAMILIES["campaign"],
    "source_owner": ("source", "owner", "team"),
    "product": FAMILIES["product"],
    "stage": FAMILIES["stage"],
    "owner": FAMILIES["owner"],
    "flow": FAMILIES["flow"],
}
"""Base -> its dimensions, which are `d1`, `d2`, ... of its rows."""

BASES_OF: Final[dict[Subject, tuple[Base, ...]]] = {
    "submission": ("hour", "campaign"),
    "inquiry": ("hour", "campaign"),
    "lead": ("hour", "campaign", "source_owner", "product", "stage"),
    "deal": ("hour", "campaign", "source_owner", "product", "stage"),
    "passage": ("flow",),
}
FROM: Final[dict[str, Base]] = {
    **{"day": "hour", "hour": "hour", "source": "campaign", "campaign": "campaign", "product": "product"},
    **{"source_owner": "source_owner", "owner": "source_owner", "stage": "stage", "flow": "flow"},
}
"""Family -> the base that its counts are summed from."""

TIMED: Final[dict[Base, tuple[str, ...]]] = {
    "campaign": ("day", "source", "campaign"),
    "owner": ("owner",),
    "flow": ("flow",),
}
"""Base -> the families whose lengths of time are summed from it."""


async def gather(session: AsyncSession, building: Generation, *, limit: int, beside: Beside | None = None) -> bool:
    """Moves the earliest days' rows into cells, as long as counting `limit` facts takes; False when there was none."""
    workspace_id, since = building.workspace_id, building.gathered or date.min
    named = {"workspace_id": workspace_id, "generation": building.number, "since": since}
    until = await session.scalar(_UNTIL, named | {"limit": limit * ROWS_FOR_A_FACT})
    if until is None and not await session.scalar(_LEFT, named):
        return False
    named["until"] = building.gathered = until or date.max
    if beside is None:
        await _move(session, _counts(), named)
        await _move(session, _lengths(), named)
        return True

    async def lengths() -> bool:
        async with joined(beside, workspace_id) as other:
            return await _move(other, _lengths(), named)

    await both(_move(session, _counts(), named), lengths())
    return True


async def _move(session: AsyncSession, statement: TextClause, named: dict[str, Any]) -> bool:
    await set_local(session, MEMORY)
    await session.execute(statement, named)
    return True


_OWN: Final = "workspace_id = :workspace_id AND generation = :generation AND day > :since"
"""What is not gathered yet. Rows that were taken away are passed over, since as long as anybody's transaction may see
them they are in the way: without that each step took longer than the one before."""
_UNTIL: Final = text(
    f"SELECT max(day) FROM (SELECT day FROM chunk_sum WHERE {_OWN} ORDER BY day LIMIT :limit) AS earliest"
)
_LEFT: Final = text(f"SELECT EXISTS (SELECT FROM chunk_time WHERE {_OWN})")
_NAMED: Final = ", ".join(("part", "day", *DIMENSIONS))


@cache
def _counts() -> TextClause:
    columns = columns_of(*FAMILIES_OF)
    sums = {name: f"sum({name})" if name.endswith("_amount") else f"sum({name})::int" for name in columns}
    families = [_family(base, family, sums, ()) for family, base in FROM.items()]
    once = f"SELECT {_NAMED}, {_named(sums)} FROM gone GROUP BY {_NAMED}"
    return text(adding(" UNION ALL ".join(families), columns, before=_gone("chunk_sum", columns, once)))


@cache
def _lengths() -> TextClause:
    sums, key = {"n": "sum(n)", "spread": "sum(spread)"}, f"{_NAMED}, measure"
    families = [_family(base, family, sums, ("measure",)) for base, families in TIMED.items() for family in families]
    once = histograms(key, "gone")
    gone = _gone("chunk_time", ("measure", "n", "spread"), once)
    return text(adding_times(" UNION ALL ".join(families), before=gone))


def _gone(table: str, columns: Iterable[str], once: str) -> str:
    """The rows taken away, and what they come to."""
    return f"""gone AS (DELETE FROM {table} WHERE {_OWN} AND day <= :until RETURNING {", ".join((_NAMED, *columns))}),
        once AS MATERIALIZED ({once})"""


def _named(sums: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in sums.items())


def _family(base: Base, family: str, sums: dict[str, str], also: tuple[str, ...]) -> str:
    """A family's rows by day: those of its base, or these summed to fewer dimensions."""
    dimensions = [f"d{BASE[base].index(dimension) + 1}" for dimension in FAMILIES[family]]
    filled = [*dimensions, *("''",) * (len(DIMENSIONS) - len(dimensions))]
    named = ", ".join(f"{column} AS {name}" for column, name in zip(filled, DIMENSIONS, strict=True))
    parts = ", ".join(f"'{part(base, basis, 'day')}'" for basis in BASES)
    whole = FAMILIES[family] == BASE[base]
    values = ", ".join(f"{name if whole else sum} AS {name}" for name, sum in sums.items())
    told = ", ".join((f"'{family}' AS family", "split_part(part, '.', 2) AS basis", "day", named, *also, values))
    grouped = "" if whole else f" GROUP BY {', '.join(('part', 'day', *dimensions, *also))}"
    return f"SELECT {told} FROM once WHERE part IN ({parts}){grouped}"
