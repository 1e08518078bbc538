"""Counting facts in bulk: a chunk of a workspace's facts into the cells of a generation, by PostgreSQL alone.

Some microseconds a fact, where making marks in Python takes hundreds. A fact becomes one row for its own day and hour,
which counts in both bases, and one more for each moment of another hour, owner or reason. These rows are summed at once
by the few sets of dimensions that all families can be summed from (GROUPING SETS). What comes out is put down without a
look at what is there: chunk after chunk adds to the same cells, so these are written when all is counted
(`gathering.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from leadkit.db import set_local
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.adding import spread_of
from analytics.projections.cells import Frame
from analytics.projections.definitions import PLACES, Place, bucket, owner
from analytics.projections.gathering import BASE, BASES_OF, MEMORY, TIMED, Base
from analytics.projections.measures import (
    AMOUNT,
    BASES,
    FAMILIES_OF,
    MEASURES,
    Basis,
    Subject,
    columns_of,
    part,
)
from analytics.projections.tables import DIMENSIONS

KEY: Final = ("workspace_id", "generation", "part", "day")
OF_OWNER: Final = ("owner", "team")
SETTLED: Final = """(jsonb_array_length(f.owners) = 0 OR jsonb_array_length(f.owners) = 1
    AND coalesce(f.owners -> 0 ->> 'owner_id', '') = coalesce(f.owner_id::text, '')
    AND coalesce(f.owners -> 0 ->> 'team_id', '') = coalesce(f.team_id::text, ''))"""
"""The fact has always had the owner of now."""


class _Group(NamedTuple):
    """What counts at one moment for one owner and reason, in one basis; `joins`: when that is the fact's own row."""

    basis: Basis
    moment: str
    present: bool
    apart: str | None
    measures: tuple[str, ...]

    @property
    def joins(self) -> str:
        """SQL over `fact`: the moment lies in the hour of the fact's own, for the same owner and reason."""
        same = []
        if self.basis == "period":
            same += [] if self.present else ["settled"]
            same += [] if self.moment == "born" else [f"s_{self.moment} = s_born"]
        same += [f"reason_{self.apart} = loss_reason"] if self.apart else []
        return " AND ".join(same) or "true"


async def count_chunk(
    session: AsyncSession,
    subjects: Iterable[Subject],
    workspace_id: UUID,
    generation: int,
    frame: Frame,
    *,
    after: UUID,
    last: UUID,
) -> None:
    """Puts down what the facts with keys after `after` up to `last` count for, to be gathered into cells."""
    # One of the sets would be sorted and the others hashed, which takes a tenth longer than to hash them all.
    await set_local(session, MEMORY, "enable_sort = off")
    asked = {
        "workspace_id": workspace_id,
        "generation": generation,
        "zone": frame.zone.key,
        "currency": frame.currency,
        "after": after,
        "last": last,
    }
    for subject in subjects:
        statement = _statement(subject)
        needed = {name: value for name, value in asked.items() if f":{name}" in statement.text}
        await session.execute(statement, needed)


@cache
def _statement(subject: Subject) -> TextClause:
    """Counts and lengths of time at once, so that facts are read once."""
    place, bases = PLACES[subject], BASES_OF[subject]
    timed = [measure.key for measure in MEASURES if measure.subject == subject and measure.timed]
    counted = [measure.key for measure in MEASURES if measure.subject == subject and not measure.timed]
    parts = [f"fact AS MATERIALIZED ({_facts(place, bases, counted, timed)})", *_sums(place, bases, counted)]
    if timed:
        parts += _times(place, [base for base, of in TIMED.items() if set(of) <= set(FAMILIES_OF[subject])], timed)
    columns = columns_of(subject)
    named = ", ".join((*KEY, *DIMENSIONS, *columns))
    told = " UNION ALL ".join(_told(place, bases, base, basis, columns, "summed") for base in bases for basis in BASES)
    return text(f"WITH {', '.join(parts)} INSERT INTO chunk_sum ({named}) {told}")


def _sums(place: Place, bases: Sequence[Base], measures: Sequence[str]) -> Iterator[str]:
    yield f"counted AS ({' UNION ALL '.join(_rows(place, bases, list(_groups(place, measures)), measures))})"
    sums = {f"{side}_{name}": summed for side in _sides(place) for name, summed in _columns(place, side, measures)}
    yield _summed("summed", "counted", bases, sums, ())


def _times(place: Place, bases: Sequence[Base], measures: Sequence[str]) -> Iterator[str]:
    yield f"length AS ({' UNION ALL '.join(row for key in measures for row in _lengths(place, bases, key))})"
    sums = {f"{basis}_buckets": f"array_agg(bucket) FILTER (WHERE in_{basis})" for basis in BASES}
    yield _summed("listed", "length", bases, sums, ("measure",))
    told = " UNION ALL ".join(_told_times(bases, base, basis) for base in bases for basis in BASES)
    named = ", ".join((*KEY, *DIMENSIONS, "measure"))
    yield f"timed AS (INSERT INTO chunk_time ({named}, n, spread) {told})"


def _told_times(bases: Sequence[Base], base: Base, basis: Basis) -> str:
    """As `_told`; cases that are many to a cell of a chunk are few, so their buckets are not counted before."""
    buckets = f"{basis}_buckets"
    one, many = spread_of("1", f"{buckets}[1]"), spread_of("1", "bucket")
    return f"""SELECT {_key(base, basis)}, {_numbered(base)}, measure, cardinality({buckets}),
            CASE WHEN cardinality({buckets}) = 1 THEN {one}
            ELSE (SELECT sum({many}) FROM unnest({buckets}) bucket) END
        FROM listed WHERE mask = {_mask(bases, base)} AND {buckets} IS NOT NULL"""


def _told(place: Place, bases: Sequence[Base], base: Base, basis: Basis, columns: Sequence[str], rows: str) -> str:
    """A base's rows in one basis, as they are kept."""
    side = basis if place.owned else "every"
    sums = ", ".join(f"{side}_{name}" for name in columns)
    known = ", ".join(f"{side}_{name}" for name in columns if not name.endswith("_amount"))
    return f"""SELECT {_key(base, basis)}, {_numbered(base)}, {sums} FROM {rows}
        WHERE mask = {_mask(bases, base)} AND coalesce({known}) IS NOT NULL"""


def _key(base: Base, basis: Basis) -> str:
    values = {"workspace_id": "CAST(:workspace_id AS uuid)", "generation": "CAST(:generation AS bigint)"}
    values |= {"part": f"'{part(base, basis, 'day')}'", "day": "day"}
    return ", ".join(f"{values[name]} AS {name}" for name in KEY)


def _numbered(base: Base) -> str:
    given = {"weekday": "extract(isodow FROM hour)::int::text", "hour_of_day": "to_char(hour, 'HH24')"}
    dimensions = [given.get(dimension, dimension) for dimension in BASE[base]]
    filled = [*dimensions, *("''",) * (len(DIMENSIONS) - len(dimensions))]
    return ", ".join(f"{column} AS {name}" for column, name in zip(filled, DIMENSIONS, strict=True))


def _sides(place: Place) -> tuple[str, ...]:
    """What has no owners is the same in both bases and is counted once."""
    return BASES if place.owned else ("every",)


def _groups(place: Place, measures: Iterable[str]) -> Iterator[_Group]:
    """First what is counted on the cohort's day, then what is at moments."""
    groups: dict[tuple[Basis, str, bool, str | None], list[str]] = {}
    for basis in BASES:
        for key in measures:
            event = place.events[key]
            apart = event.moment if event.moment in place.apart else None
            at = ("born", True) if basis == "cohort" else (event.moment, event.present)
            groups.setdefault((basis, *at, apart), []).append(key)
    for group, keys in groups.items():
        yield _Group(*group, tuple(keys))


def _rows(place: Place, bases: Sequence[Base], groups: Sequence[_Group], measures: Sequence[str]) -> Iterator[str]:
    """The rows of `counted`: each fact's own, and those of groups that have no part in it."""
    if not place.owned:
        flags = ", ".join(f"w_{key} AS every_{key}" for key in measures)
        yield _row(place, bases, "born", OF_OWNER, "loss_reason", measures, flags, "true")
        return
    own = {(group.basis, key): group.joins for group in groups for key in group.measures}
    flags = ", ".join(f"w_{key} AND {joins} AS {basis}_{key}" for (basis, key), joins in own.items())
    holds = " OR ".join(f"w_{key}" for key in measures)
    yield _row(place, bases, "born", OF_OWNER, "loss_reason", measures, flags, holds)
    for group in groups:
        if group.joins != "true":
            flags = ", ".join(
                f"{f'w_{key}' if basis == group.basis and key in group.measures else 'false'} AS {basis}_{key}"
                for basis, key in own
            )
            holds = " OR ".join(f"w_{key}" for key in group.measures)
            apart = f"({holds}) AND ({group.joins}) IS NOT TRUE"
            owners = OF_OWNER if group.present else _owners_at(f"m_{group.moment}")
            reason = f"reason_{group.apart}" if group.apart else "loss_reason"
            yield _row(place, bases, group.moment, owners, reason, measures, flags, apart)


def _row(
    place: Place,
    bases: Sequence[Base],
    moment: str,
    owners: Sequence[str],
    reason: str,
    measures: Sequence[str],
    flags: str,
    holds: str,
) -> str:
    more = [f"a_{key}" for key in measures if key in AMOUNT]
    more += [f"n_{key}" for key in measures if place.events[key].n != "1"]
    columns = (*_cut(bases, moment, owners, reason), *more, flags)
    return f"SELECT {', '.join(columns)} FROM fact WHERE m_{moment} IS NOT NULL AND ({holds})"


def _lengths(place: Place, bases: Sequence[Base], key: str) -> Iterator[str]:
    """A timed measure's rows: on the cohort's day, and on that of its end where this is another day or owner."""
    event = place.events[key]
    long = f"{bucket(f'm_{event.start}', f'm_{event.moment}')}::int AS bucket"
    same = f"settled AND s_{event.moment}::date = s_born::date"
    for moment, owners, flags, holds in (
        ("born", OF_OWNER, f"true AS in_cohort, coalesce({same}, false) AS in_period", "true"),
        (event.moment, _owners_at(f"m_{event.moment}"), "false, true", f"({same}) IS NOT TRUE"),
    ):
        columns = (*_cut(bases, moment, owners, "loss_reason"), f"'{key}' AS measure", long, flags)
        yield f"SELECT {', '.join(columns)} FROM fact WHERE w_{key} AND {holds}"


def _owners_at(moment: str) -> tuple[str, ...]:
    return tuple(
        f"CASE WHEN settled THEN {key} ELSE {owner(key, 'period', moment, fact='fact')} END" for key in OF_OWNER
    )


def _facts(place: Place, bases: Sequence[Base], counted: Iterable[str], timed: Iterable[str]) -> str:
    """The chunk's facts with their moments, also as local hours, and dimensions, each worked out once."""
    columns = [f"({moment})::timestamptz AS m_{name}" for name, moment in place.moments.items()]
    columns += [
        f"date_trunc('hour', ({moment}) AT TIME ZONE CAST(:zone AS text)) AS s_{name}"
        for name, moment in place.moments.items()
    ]
    columns += [
        f"{place.column(dimension)} AS {dimension}"
        for dimension in _named(bases)
        if dimension not in ("hour", *OF_OWNER, "loss_reason")
    ]
    if place.owned:
        columns += [f"{owner(key, 'cohort', '')} AS {key}" for key in OF_OWNER]
        columns += ["f.owners", "f.owner_id", "f.team_id", f"{SETTLED} AS settled"]
        columns += [f"{place.column('loss_reason')} AS loss_reason"]
    columns += [f"{place.column('loss_reason', moment)} AS reason_{moment}" for moment in place.apart]
    for key in (*counted, *timed):
        event = place.events[key]
        columns.append(f"{place.holds(event)} AS w_{key}")
        columns += [f"({event.amount})::numeric AS a_{key}"] if key in AMOUNT else []
        columns += [f"({event.n})::int AS n_{key}"] if event.n != "1" else []
    return f"""SELECT {", ".join(columns)} FROM {place.tables}
        WHERE f.workspace_id = :workspace_id AND f.{place.key} > :after AND f.{place.key} <= :last"""


def _cut(bases: Sequence[Base], moment: str, owners: Sequence[str], reason: str) -> Iterator[str]:
    """The dimensions of a row: of its time, its owner and reason, and of the fact."""
    yield f"s_{moment}::date AS day"
    special = dict(zip(OF_OWNER, owners, strict=True)) | {"loss_reason": reason, "hour": f"s_{moment}"}
    for dimension in _named(bases):
        yield f"{special.get(dimension, dimension)} AS {dimension}"


def _columns(place: Place, basis: str, measures: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Column -> how its measure is summed: over the rows where it counts."""
    for key in measures:
        kept = f"FILTER (WHERE {basis}_{key})"
        yield key, f"nullif(count(*) {kept}, 0)::int" if place.events[key].n == "1" else f"(sum(n_{key}) {kept})::int"
        if key in AMOUNT:
            yield AMOUNT[key], f"sum(a_{key}) {kept}"


def _dimensions(base: Base) -> tuple[str, ...]:
    """The columns, beside the day, that a base is summed by; weekday and hour of day follow from the hour."""
    return ("hour",) if base == "hour" else BASE[base]


def _named(bases: Iterable[Base]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(dimension for base in bases for dimension in _dimensions(base)))


def _summed(name: str, rows: str, bases: Sequence[Base], sums: dict[str, str], also: Sequence[str]) -> str:
    """The rows summed by every base at once; `mask` tells which one a sum is of."""
    own = ("day", *also)
    grouped = ", ".join(f"({', '.join((*own, *_dimensions(base)))})" for base in bases)
    summed = ", ".join(f"{expression} AS {column}" for column, expression in sums.items())
    return f"""{name} AS MATERIALIZED (
        SELECT GROUPING({", ".join(_named(bases))}) AS mask, {", ".join((*own, *_named(bases)))}, {summed}
        FROM {rows} GROUP BY GROUPING SETS ({grouped}))"""


def _mask(bases: Sequence[Base], base: Base) -> int:
    """What GROUPING says where only this base's are grouped by: a bit for each that is not, the first highest."""
    grouped = _dimensions(base)
    return sum(1 << place for place, dimension in enumerate(reversed(_named(bases))) if dimension not in grouped)
