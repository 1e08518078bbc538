"""Counting facts in bulk: a chunk of a workspace's facts into the cells of a generation, by PostgreSQL alone.

Some microseconds a fact, where making marks in Python takes hundreds. A fact becomes one row for its own day and hour,
which counts in both bases, and one more for each moment of another hour, owner or reason. These rows are summed at once
by the few sets of dimensions that all families can be summed from (GROUPING SETS), and what comes out is added to the
cells as a batch of events would be.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.adding import DIMENSIONS, adding, adding_times
from analytics.projections.cells import Frame
from analytics.projections.definitions import PLACES, Place, bucket, owner
from analytics.projections.measures import (
    AMOUNT,
    BASES,
    FAMILIES,
    FAMILIES_OF,
    MEASURES,
    WITHOUT_TIMES,
    Basis,
    Subject,
    columns_of,
)

MEMORY: Final = "SET LOCAL work_mem = '192MB'"
"""What a chunk's sums take, so that they are not written to disk in between."""

OF_TIME: Final = ("weekday", "hour_of_day")
OF_OWNER: Final = ("owner", "team")
WITH_OWNER: Final = ("source", *OF_OWNER)
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
    """Adds what the facts with keys after `after` up to `last` count for to the generation's cells."""
    await session.execute(text(MEMORY))
    asked = {
        "workspace_id": workspace_id,
        "generation": generation,
        "zone": frame.zone.key,
        "currency": frame.currency,
        "after": after,
        "last": last,
    }
    for subject in subjects:
        for statement in _statements(subject):
            needed = {name: value for name, value in asked.items() if f":{name}" in statement.text}
            await session.execute(statement, needed)


@cache
def _statements(subject: Subject) -> tuple[TextClause, ...]:
    timed = [measure.key for measure in MEASURES if measure.subject == subject and measure.timed]
    counted = [measure.key for measure in MEASURES if measure.subject == subject and not measure.timed]
    statements = [text(adding(_sums(subject, counted), columns_of(subject)))]
    if timed:
        statements.append(text(adding_times(_times(subject, timed))))
    return tuple(statements)


def _sums(subject: Subject, measures: Sequence[str]) -> str:
    place, families = PLACES[subject], FAMILIES_OF[subject]
    groups = list(_groups(place, measures))
    facts = [f"{place.holds(place.events[key])} AS w_{key}" for key in measures]
    facts += [f"({place.events[key].amount})::numeric AS a_{key}" for key in measures if key in AMOUNT]
    facts += [f"({place.events[key].n})::int AS n_{key}" for key in measures if place.events[key].n != "1"]
    rows = " UNION ALL ".join(_rows(place, families, groups, measures))
    sums = {f"{basis}_{name}": summed for basis in _bases(place) for name, summed in _columns(place, basis, measures)}
    return f"""WITH fact AS MATERIALIZED ({_facts(place, families, facts)}), counted AS ({rows})
        {_by_families(families, _bases(place), sums, (), columns_of(subject))}"""


def _times(subject: Subject, measures: Sequence[str]) -> str:
    place = PLACES[subject]
    families = [family for family in FAMILIES_OF[subject] if family not in WITHOUT_TIMES]
    facts = [f"{place.holds(place.events[key])} AS w_{key}" for key in measures]
    rows = " UNION ALL ".join(row for key in measures for row in _lengths(place, families, key))
    sums = {f"{basis}_n": f"nullif(count(*) FILTER (WHERE in_{basis}), 0)::int" for basis in BASES}
    return f"""WITH fact AS MATERIALIZED ({_facts(place, families, facts)}), counted AS ({rows})
        {_by_families(families, BASES, sums, ("measure", "bucket"), ("n",))}"""


def _bases(place: Place) -> tuple[str, ...]:
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


def _rows(place: Place, families: Sequence[str], groups: Sequence[_Group], measures: Sequence[str]) -> Iterator[str]:
    """The rows of `counted`: each fact's own, and those of groups that have no part in it."""
    if not place.owned:
        flags = ", ".join(f"w_{key} AS every_{key}" for key in measures)
        yield _row(place, families, "born", OF_OWNER, "loss_reason", measures, flags, "true")
        return
    own = {(group.basis, key): group.joins for group in groups for key in group.measures}
    flags = ", ".join(f"w_{key} AND {joins} AS {basis}_{key}" for (basis, key), joins in own.items())
    holds = " OR ".join(f"w_{key}" for key in measures)
    yield _row(place, families, "born", OF_OWNER, "loss_reason", measures, flags, holds)
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
            yield _row(place, families, group.moment, owners, reason, measures, flags, apart)


def _row(
    place: Place,
    families: Sequence[str],
    moment: str,
    owners: Sequence[str],
    reason: str,
    measures: Sequence[str],
    flags: str,
    holds: str,
) -> str:
    more = [f"a_{key}" for key in measures if key in AMOUNT]
    more += [f"n_{key}" for key in measures if place.events[key].n != "1"]
    columns = (*_cut(families, moment, owners, reason), *more, flags)
    return f"SELECT {', '.join(columns)} FROM fact WHERE m_{moment} IS NOT NULL AND ({holds})"


def _lengths(place: Place, families: Sequence[str], key: str) -> Iterator[str]:
    """A timed measure's rows: on the cohort's day, and on that of its end where this is another day or owner."""
    event = place.events[key]
    long = f"{bucket(f'm_{event.start}', f'm_{event.moment}')}::int AS bucket"
    same = f"settled AND s_{event.moment}::date = s_born::date"
    for moment, owners, flags, holds in (
        ("born", OF_OWNER, f"true AS in_cohort, coalesce({same}, false) AS in_period", "true"),
        (event.moment, _owners_at(f"m_{event.moment}"), "false, true", f"({same}) IS NOT TRUE"),
    ):
        columns = (*_cut(families, moment, owners, "loss_reason"), f"'{key}' AS measure", long, flags)
        yield f"SELECT {', '.join(columns)} FROM fact WHERE w_{key} AND {holds}"


def _owners_at(moment: str) -> tuple[str, ...]:
    return tuple(
        f"CASE WHEN settled THEN {key} ELSE {owner(key, 'period', moment, fact='fact')} END" for key in OF_OWNER
    )


def _facts(place: Place, families: Iterable[str], more: Iterable[str]) -> str:
    """The chunk's facts with their moments, also as local hours, and dimensions, each worked out once."""
    columns = [f"({moment})::timestamptz AS m_{name}" for name, moment in place.moments.items()]
    columns += [
        f"date_trunc('hour', ({moment}) AT TIME ZONE CAST(:zone AS text)) AS s_{name}"
        for name, moment in place.moments.items()
    ]
    columns += [
        f"{place.column(dimension)} AS {dimension}"
        for dimension in _named(families)
        if dimension not in (*OF_TIME, *OF_OWNER, "loss_reason")
    ]
    if place.owned:
        columns += [f"{owner(key, 'cohort', '')} AS {key}" for key in OF_OWNER]
        columns += ["f.owners", "f.owner_id", "f.team_id", f"{SETTLED} AS settled"]
        columns += [f"{place.column('loss_reason')} AS loss_reason"]
    columns += [f"{place.column('loss_reason', moment)} AS reason_{moment}" for moment in place.apart]
    return f"""SELECT {", ".join((*columns, *more))} FROM {place.tables}
        WHERE f.workspace_id = :workspace_id AND f.{place.key} > :after AND f.{place.key} <= :last"""


def _cut(families: Iterable[str], moment: str, owners: Sequence[str], reason: str) -> Iterator[str]:
    """The dimensions of a row: of its time, its owner and reason, and of the fact."""
    yield f"s_{moment}::date AS day"
    named = dict.fromkeys(_named(families))
    if OF_TIME[0] in named:
        yield f"s_{moment} AS hour"
    special = dict(zip(OF_OWNER, owners, strict=True)) | {"loss_reason": reason}
    for dimension in named:
        if dimension not in OF_TIME:
            yield f"{special.get(dimension, dimension)} AS {dimension}"


def _columns(place: Place, basis: str, measures: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Column -> how its measure is summed: over the rows where it counts."""
    for key in measures:
        kept = f"FILTER (WHERE {basis}_{key})"
        yield key, f"nullif(count(*) {kept}, 0)::int" if place.events[key].n == "1" else f"(sum(n_{key}) {kept})::int"
        if key in AMOUNT:
            yield AMOUNT[key], f"sum(a_{key}) {kept}"


def _named(families: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(dimension for family in families for dimension in FAMILIES[family]))


def _base(family: str, families: Iterable[str]) -> tuple[str, ...]:
    """The columns, beside the day, of the rows that a family is summed from: its own, unless families are many."""
    if "hour" in families:
        if "owner" in families and family in ("source", "owner", "source_owner"):
            return WITH_OWNER
        if family in ("day", "hour"):
            return ("hour",)
        return FAMILIES[{"source": "campaign"}.get(family, family)]
    return FAMILIES[family]


def _by_families(
    families: Sequence[str], bases: Sequence[str], sums: dict[str, str], also: Sequence[str], told: Sequence[str]
) -> str:
    """The rows of `counted` summed by every family and basis, its dimensions as d1 to d5; `told` are its columns."""
    from_base = {family: _base(family, families) for family in families}
    sets = list(dict.fromkeys(from_base.values()))
    named = tuple(dict.fromkeys(dimension for dimensions in sets for dimension in dimensions))
    own = ("day", *also)
    grouped = ", ".join(f"({', '.join((*own, *dimensions))})" for dimensions in sets)
    summed = ", ".join(f"{expression} AS {name}" for name, expression in sums.items())
    parts = " UNION ALL ".join(
        _family(family, basis, from_base[family], f"mask = {_mask(named, from_base[family])}", told, own)
        for family in families
        for basis in bases
    )
    named_bases = ", ".join(f"('{basis}')" for basis in BASES)
    basis, every = "told.basis", ""
    if bases != BASES:
        basis, every = "e.basis", f" CROSS JOIN (VALUES {named_bases}) e(basis)"
    return f""", summed AS MATERIALIZED (
            SELECT GROUPING({", ".join(named) or "day"}) AS mask, {", ".join((*own, *named))}, {summed}
            FROM counted GROUP BY GROUPING SETS ({grouped})
        ) SELECT family, {basis}, day, {", ".join((*DIMENSIONS, *also, *told))} FROM ({parts}) told{every}"""


def _family(family: str, basis: str, base: tuple[str, ...], rows: str, told: Iterable[str], own: Sequence[str]) -> str:
    """A family's rows in one basis: those of its base, or these summed to fewer dimensions."""
    given = {"weekday": "extract(isodow FROM hour)::int::text", "hour_of_day": "to_char(hour, 'HH24')"}
    dimensions = [given.get(dimension, dimension) for dimension in FAMILIES[family]]
    filled = [*dimensions, *("''",) * (len(DIMENSIONS) - len(dimensions))]
    named = ", ".join(f"{column} AS {name}" for column, name in zip(filled, DIMENSIONS, strict=True))
    holds = ", ".join(f"{basis}_{name}" for name in told if not name.endswith("_amount"))
    if FAMILIES[family] == base or family == "hour":
        values, grouped = ", ".join(f"{basis}_{name} AS {name}" for name in told), ""
    else:
        values = ", ".join(f"sum({basis}_{name}) AS {name}" for name in told)
        grouped = f" GROUP BY {', '.join((*own, *dimensions))}"
    return f"""SELECT '{family}' AS family, '{basis}' AS basis, {", ".join(own)}, {named}, {values}
        FROM summed WHERE {rows} AND coalesce({holds}) IS NOT NULL{grouped}"""


def _mask(named: Sequence[str], dimensions: Sequence[str]) -> int:
    """What GROUPING says where only these dimensions are grouped by: a bit for each that is not, the first highest."""
    return sum(1 << place for place, dimension in enumerate(reversed(named)) if dimension not in dimensions)
