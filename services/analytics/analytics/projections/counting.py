"""Counting facts in bulk: a chunk of a workspace's facts into the cells of a generation, by PostgreSQL alone.

Some microseconds a fact, where making marks in Python takes hundreds. The chunk becomes rows of one moment each (`no`
says which; one row for everything of the cohort), these are summed at once by the few sets of dimensions that all
families can be summed from (GROUPING SETS), and what comes out is added to the cells as a batch of events would be.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.adding import DIMENSIONS, adding, adding_times
from analytics.projections.cells import Frame
from analytics.projections.definitions import PLACES, Event, Place, bucket, owner
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


class _Row(NamedTuple):
    """A row that a fact becomes: everything that counts at one moment for one owner and reason, in one basis."""

    basis: Basis
    moment: str
    present: bool
    reasons_of: str | None
    measures: tuple[str, ...]


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
    rows = list(_rows(place, measures))
    facts = [f"{place.holds(place.events[key])} AS w_{key}" for key in measures]
    facts += [f"({place.events[key].amount})::numeric AS a_{key}" for key in measures if key in AMOUNT]
    facts += [f"{place.events[key].n} AS n_{key}" for key in measures if place.events[key].n != "1"]
    values = ", ".join(_row(number, row, place) for number, row in enumerate(rows))
    sums = dict(_columns(place, rows, measures))
    return f"""WITH fact AS MATERIALIZED ({_facts(place, families, facts)}), counted AS (
            SELECT k.no, k.basis, {_cut(families)}, {", ".join(_flags(place, measures))}
            FROM fact CROSS JOIN LATERAL (VALUES {values}) k(no, basis, at, owner, team, loss_reason, holds)
            WHERE k.holds AND k.at IS NOT NULL
        {_by_families(families, sums, () if place.owned else BASES, ())}"""


def _times(subject: Subject, measures: Sequence[str]) -> str:
    place = PLACES[subject]
    families = [family for family in FAMILIES_OF[subject] if family not in WITHOUT_TIMES]
    facts = [f"{place.holds(place.events[key])} AS w_{key}" for key in measures]
    spans = ", ".join(_span(key, place.events[key]) for key in measures)
    at = ", ".join(owner(key, "period", "t.at", fact="fact") if place.owned else "''" for key in OF_OWNER)
    return f"""WITH fact AS MATERIALIZED ({_facts(place, families, facts)}), counted AS (
            SELECT k.basis, {_cut(families)}, t.measure, {bucket("t.start", "t.at")}::int AS bucket
            FROM fact CROSS JOIN LATERAL (VALUES {spans}) t(measure, start, at, holds)
            CROSS JOIN LATERAL (VALUES ('cohort', m_born, fact.owner, fact.team, fact.loss_reason),
                ('period', t.at, {at}, fact.loss_reason)) k(basis, at, owner, team, loss_reason)
            WHERE t.holds
        {_by_families(families, {"n": "count(*)"}, (), ("measure", "bucket"))}"""


def _rows(place: Place, measures: Iterable[str]) -> Iterator[_Row]:
    """First the cohort's rows (more than one only where a moment has dimensions of its own), then those of moments.

    What has no owners is the same in both bases and is counted once.
    """
    groups: dict[tuple[Basis, str, bool, str | None], list[str]] = {}
    for key in measures:
        event = place.events[key]
        apart = event.moment if event.moment in place.apart else None
        groups.setdefault(("cohort", "born", True, apart), []).append(key)
        if place.owned:
            groups.setdefault(("period", event.moment, event.present, apart), []).append(key)
    for group, keys in groups.items():
        yield _Row(*group, tuple(keys))


def _row(number: int, row: _Row, place: Place) -> str:
    at = f"m_{row.moment}"
    if not place.owned:
        owners = "'', ''"
    elif row.present:
        owners = "fact.owner, fact.team"
    else:
        owners = ", ".join(owner(key, "period", at, fact="fact") for key in OF_OWNER)
    reason = f"fact.reason_{row.reasons_of}" if row.reasons_of else "fact.loss_reason"
    holds = " OR ".join(f"w_{key}" for key in row.measures)
    return f"({number}, '{row.basis}', {at}, {owners}, {reason}, ({holds}))"


def _facts(place: Place, families: Iterable[str], more: Iterable[str]) -> str:
    """The chunk's facts with their moments and dimensions, each worked out once."""
    columns = [f"({moment})::timestamptz AS m_{name}" for name, moment in place.moments.items()]
    columns += [
        f"{place.column(dimension)} AS {dimension}"
        for dimension in _named(families)
        if dimension not in (*OF_TIME, *OF_OWNER, "loss_reason")
    ]
    if place.owned:
        columns += [f"{owner(key, 'cohort', '')} AS {key}" for key in OF_OWNER]
        columns += ["f.owners", "f.owner_id", "f.team_id", f"{place.column('loss_reason')} AS loss_reason"]
    else:
        columns += ["'' AS owner", "'' AS team", "'' AS loss_reason"]
    columns += [f"{place.column('loss_reason', moment)} AS reason_{moment}" for moment in place.apart]
    return f"""SELECT {", ".join((*columns, *more))} FROM {place.tables}
        WHERE f.workspace_id = :workspace_id AND f.{place.key} > :after AND f.{place.key} <= :last"""


def _cut(families: Iterable[str]) -> str:
    """The dimensions of a row: of its time, its owner and reason, and of the fact."""
    local = "(k.at AT TIME ZONE CAST(:zone AS text))"
    special = {
        "weekday": f"extract(isodow FROM {local})::int::text",
        "hour_of_day": f"to_char({local}, 'HH24')",
        **{key: f"k.{key}" for key in (*OF_OWNER, "loss_reason")},
    }
    columns = [f"{special.get(dimension, f'fact.{dimension}')} AS {dimension}" for dimension in _named(families)]
    return ", ".join((f"({local})::date AS day", *columns))


def _flags(place: Place, measures: Iterable[str]) -> Iterator[str]:
    for key in measures:
        yield f"w_{key}"
        if key in AMOUNT:
            yield f"a_{key}"
        if place.events[key].n != "1":
            yield f"n_{key}"


def _columns(place: Place, rows: Sequence[_Row], measures: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Column -> how its measure is summed: over the rows where it counts."""
    for key in measures:
        numbers = ", ".join(str(number) for number, row in enumerate(rows) if key in row.measures)
        kept = f"FILTER (WHERE w_{key} AND no IN ({numbers}))"
        yield key, f"count(*) {kept}" if place.events[key].n == "1" else f"sum(n_{key}) {kept}"
        if key in AMOUNT:
            yield AMOUNT[key], f"sum(a_{key}) {kept}"


def _span(key: str, event: Event) -> str:
    return f"('{key}', m_{event.start}, m_{event.moment}, w_{key})"


def _named(families: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(dimension for family in families for dimension in FAMILIES[family]))


def _base(family: str, families: Iterable[str]) -> tuple[str, ...]:
    """The dimensions of the rows that a family is summed from: its own, unless there are many families."""
    if "hour" in families:
        if "owner" in families and family in ("source", "owner", "source_owner"):
            return WITH_OWNER
        return FAMILIES[{"day": "hour", "source": "campaign"}.get(family, family)]
    return FAMILIES[family]


def _by_families(families: Sequence[str], sums: dict[str, str], bases: Sequence[Basis], also: Sequence[str]) -> str:
    """The rows of `counted` summed by every family, its dimensions as d1 to d5; once for each of `bases`, if any."""
    from_base = {family: _base(family, families) for family in families}
    sets = list(dict.fromkeys(from_base.values()))
    named = tuple(dict.fromkeys(dimension for dimensions in sets for dimension in dimensions))
    own = ("basis", "day", *also)
    grouped = ", ".join(f"({', '.join((*own, *dimensions))})" for dimensions in sets)
    summed = ", ".join(f"{expression} AS {name}" for name, expression in sums.items())
    parts = " UNION ALL ".join(
        _family(family, from_base[family], f"mask = {_mask(named, from_base[family])}", sums, own)
        for family in families
    )
    values = ", ".join(f"('{basis}')" for basis in bases)
    every = f" CROSS JOIN (VALUES {values}) every(basis)" if bases else ""
    told = f"family, {'every' if bases else 'told'}.basis, day, {', '.join((*DIMENSIONS, *also, *sums))}"
    return f"""), summed AS MATERIALIZED (
            SELECT GROUPING({", ".join(named)}) AS mask, {", ".join((*own, *named))}, {summed}
            FROM counted GROUP BY GROUPING SETS ({grouped})
        ) SELECT {told} FROM ({parts}) told{every}"""


def _family(family: str, base: tuple[str, ...], rows: str, sums: Iterable[str], own: Sequence[str]) -> str:
    """A family's rows: those of its base, or these summed to fewer dimensions."""
    dimensions = FAMILIES[family]
    filled = [*dimensions, *("''",) * (len(DIMENSIONS) - len(dimensions))]
    named = ", ".join(f"{column} AS {name}" for column, name in zip(filled, DIMENSIONS, strict=True))
    if dimensions == base:
        values, grouped = ", ".join(f"coalesce({name}, 0) AS {name}" for name in sums), ""
    else:
        values = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in sums)
        grouped = f" GROUP BY {', '.join((*own, *dimensions))}"
    return f"SELECT '{family}' AS family, {', '.join(own)}, {named}, {values} FROM summed WHERE {rows}{grouped}"


def _mask(named: Sequence[str], dimensions: Sequence[str]) -> int:
    """What GROUPING says where only these dimensions are grouped by: a bit for each that is not, the first highest."""
    return sum(1 << place for place, dimension in enumerate(reversed(named)) if dimension not in dimensions)
