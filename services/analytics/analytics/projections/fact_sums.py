"""Sums of measures read from the facts, for combinations of dimensions that no family of cells has.

A row of facts becomes one event a measure, with the moment it counts at (NULL: it does not count).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.definitions import PLACES, Event, Place, bucket, owner
from analytics.projections.slices import CALENDAR, Slice, Sum, Wanted
from analytics.projections.times import Times


async def sums_of_facts(session: AsyncSession, asked: Slice, wanted: Sequence[Wanted]) -> Iterable[Sum]:
    """One statement a subject, whose cost grows with the facts; times bucket by bucket."""
    rows: list[Sum] = []
    for subject in dict.fromkeys(each.subject for each in wanted):
        measures = [each.measure for each in wanted if each.subject == subject]
        statement, values = _statement(asked, PLACES[subject], measures)
        size = len(asked.by)
        for row in await session.execute(text(statement), values):
            measure, timed, n, amount = row[size:]
            times = None if timed is None else Times(buckets={int(timed): int(n)})
            rows.append(Sum(tuple(row[:size]), measure, int(n), amount, times))
    return rows


def _statement(asked: Slice, place: Place, measures: Sequence[str]) -> tuple[str, dict[str, Any]]:
    day = "e.at" if asked.basis == "period" else place.moments["born"]
    columns = [column(dimension, asked, place, day) for dimension in asked.by]
    kept, values = conditions(asked, place, day)
    events = ", ".join(_event(measure, place.events[measure], place) for measure in measures)
    grouped = ", ".join(str(position + 1) for position in range(len(columns) + 2))
    statement = f"""
        SELECT {"".join(f"{column}, " for column in columns)}e.measure, e.bucket, sum(e.n), sum(e.amount)
        FROM {place.tables}
        CROSS JOIN LATERAL (VALUES {events}) AS e(measure, at, bucket, n, amount, present, moment)
        WHERE f.workspace_id = :workspace_id AND e.at IS NOT NULL
          AND {day} >= :start AND {day} < :end {"".join(f" AND {condition}" for condition in kept)}
        GROUP BY {grouped}"""
    return statement, values | bounds(asked, statement)


def _event(measure: str, event: Event, place: Place) -> str:
    at, start = place.moments[event.moment], place.moments.get(event.start or "")
    timed = bucket(start, at) if start else "NULL::float8"
    counted = f"CASE WHEN {place.holds(event)} THEN {at} END"
    values = f"'{measure}', {counted}, {timed}, {event.n}, ({event.amount})::numeric"
    return f"({values}, {str(event.present).lower()}, '{event.moment}')"


def bounds(asked: Slice, statement: str) -> dict[str, Any]:
    """The values that a statement takes of those that say which part of the facts is asked for."""
    values: dict[str, Any] = {
        "workspace_id": asked.workspace_id,
        "start": datetime.combine(asked.period.start, time.min, asked.zone),
        "end": datetime.combine(asked.period.end, time.min, asked.zone),
        "zone": asked.zone.key,
        "currency": asked.currency,
    }
    return {name: value for name, value in values.items() if f":{name}" in statement}


def conditions(asked: Slice, place: Place, day: str) -> tuple[list[str], dict[str, Any]]:
    """The conditions of the slice in SQL, and their values."""
    kept, values = [], {}
    for index, condition in enumerate(asked.where):
        found = f"{column(condition.dimension, asked, place, day)} = ANY(:where_{index})"
        kept.append(f"NOT ({found})" if condition.negated else found)
        values[f"where_{index}"] = sorted(condition.values)
    return kept, values


def column(key: str, asked: Slice, place: Place, day: str) -> str:
    """The dimension as text, '' where absent, as cells have it."""
    local = f"({day} AT TIME ZONE CAST(:zone AS text))"
    if key in CALENDAR:
        return {
            "day": f"({local})::date::text",
            "weekday": f"extract(isodow FROM {local})::int::text",
        }.get(key, f"date_trunc('{key}', {local})::date::text")
    if key == "hour_of_day":
        return f"to_char({local}, 'HH24')"
    if key in ("owner", "team"):
        return owner(key, asked.basis, "e.at", "e.present")
    told = place.column(key)
    for moment, apart in place.apart.items():
        if key in apart:
            told = f"CASE WHEN e.moment = '{moment}' THEN {place.column(key, moment)} ELSE {told} END"
    return told
