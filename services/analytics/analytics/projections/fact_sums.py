"""Sums of measures read from the facts, for combinations of dimensions that no family of cells has.

The definitions are those of `cells.py`, said in SQL: a row of facts becomes one event a measure, with the
moment it counts at (NULL: it does not count). A test holds the two equal for every measure, basis and dimension.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from math import log
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.measures import LONGEST_DIMENSION, STEPS, seconds_of
from analytics.projections.slices import CALENDAR, CUT, Key, Slice, Subject, Wanted

LOG_OF_BUCKET: Final = log(seconds_of(2) / seconds_of(1))


class Event(NamedTuple):
    """When and how a fact counts for a measure, as SQL. `present`: it describes now, so its owner is the one of now."""

    at: str
    amount: str = "0"
    bucket: str = "0"
    present: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject's facts lie, as SQL: `f` is the fact itself, `touch` the table that has its source dimensions.

    `born` is the moment of its cohort, `counts` what lets it count at all, `own` its dimensions under other names.
    """

    tables: str
    born: str
    counts: str
    own: dict[str, str]
    events: dict[str, Event]
    touch: str = "f"


def _span(start: str, end: str) -> Event:
    seconds = f"greatest(0, trunc(extract(epoch FROM {end} - {start})))"
    bucket = f"CASE WHEN {seconds} > 1 THEN ceil(ln({seconds}::float8) / {LOG_OF_BUCKET!r}) ELSE 0 END"
    return Event(f"CASE WHEN {start} IS NOT NULL THEN {end} END", seconds, bucket)


_FURTHEST: Final = {
    "leads": ("f.occurred_at", "f.contacted_at IS NULL"),
    "contacted": ("f.contacted_at", "f.contacted_at IS NOT NULL AND f.qualified_at IS NULL"),
    "qualified": ("f.qualified_at", "f.qualified_at IS NOT NULL AND f.converted_at IS NULL"),
    "converted": ("f.converted_at", "f.converted_at IS NOT NULL AND sold.at IS NULL"),
}
_LOST_AT: Final = (
    "CASE WHEN f.status = 'disqualified' THEN f.disqualified_at "
    "WHEN f.status = 'converted' AND sold.all_lost THEN sold.lost_at END"
)
_REASON: Final = (
    "CASE WHEN e.measure = 'lost_converted' AND f.status = 'converted' THEN sold.reason ELSE f.loss_reason_id END"
)
_SOLD_AT: Final = "CASE WHEN f.converted_at IS NOT NULL THEN sold.at END"


def _when(condition: str, at: str) -> str:
    return f"CASE WHEN {condition} THEN {at} END"


_LEAD_EVENTS: Final = {
    "leads": Event("f.occurred_at"),
    "repeat": Event(_when("f.repeat", "f.occurred_at")),
    "contacted": Event("f.contacted_at"),
    "qualified": Event("f.qualified_at"),
    "converted": Event("f.converted_at"),
    "customers": Event(_SOLD_AT),
    "open": Event(_when("f.status IN ('new', 'assigned', 'in_progress', 'qualified')", "f.occurred_at"), present=True),
    "postponed": Event(_when("f.status = 'postponed'", "coalesce(f.postponed_at, f.occurred_at)")),
    "disqualified": Event(_when("f.status = 'disqualified'", "coalesce(f.disqualified_at, f.occurred_at)")),
    "with_deadline": Event("f.respond_by"),
    "answered_in_time": Event(_when("f.first_response_at <= f.respond_by", "f.respond_by")),
    "first_response": _span("f.occurred_at", "f.first_response_at"),
    "time_leads": _span("f.occurred_at", "f.contacted_at"),
    "time_contacted": _span("f.contacted_at", "f.qualified_at"),
    "time_qualified": _span("f.qualified_at", "f.converted_at"),
    "time_converted": _span("f.converted_at", f"({_SOLD_AT})"),
    **{f"lost_{step}": Event(_when(last, f"({_LOST_AT})")) for step, (_, last) in _FURTHEST.items()},
    **{
        f"here_{step}": Event(_when(f"{last} AND ({_LOST_AT}) IS NULL", at), present=True)
        for step, (at, last) in _FURTHEST.items()
    },
}
assert set(_FURTHEST) == set(STEPS[:-1]), "the steps of the funnel and of the facts are the same"

_AMOUNT: Final = "CASE WHEN f.currency = :currency THEN coalesce(f.amount, 0) ELSE 0 END"
_WON_AT: Final = _when("f.status = 'won'", "coalesce(f.won_at, f.updated_at)")
_DEAL_EVENTS: Final = {
    "deals": Event("f.created_at", _AMOUNT),
    "won": Event(_WON_AT, _AMOUNT),
    "lost": Event(_when("f.status = 'lost'", "coalesce(f.lost_at, f.updated_at)"), _AMOUNT),
    "deals_open": Event(_when("f.status = 'open'", "f.created_at"), _AMOUNT, present=True),
    "forecast": Event(_when("f.status = 'open'", "f.created_at"), f"{_AMOUNT} * f.probability", present=True),
    "sales_cycle": _span("coalesce(l.occurred_at, f.created_at)", f"({_WON_AT})"),
}


def _submissions(*statuses: str) -> Event:
    return Event(_when(f"f.status IN ({', '.join(repr(status) for status in statuses)})", "f.occurred_at"))


def _inquiries(result: str) -> Event:
    return Event(_when(f"f.result = '{result}'", "f.occurred_at"))


PLACES: Final[dict[Subject, Place]] = {
    "submission": Place(
        tables="fact_submission f",
        born="f.occurred_at",
        counts="true",
        own={},
        events={
            "submissions": Event("f.occurred_at"),
            "delivered": _submissions("delivered"),
            "interests": _submissions("interest"),
            "spam": _submissions("spam"),
            "duplicates": _submissions("duplicate"),
            "ignored": _submissions("ignored"),
            "unreadable": _submissions("unreadable"),
            "parked": _submissions("parked"),
            "waiting": _submissions("pending", "ready"),
        },
    ),
    "inquiry": Place(
        tables="fact_inquiry f",
        born="f.occurred_at",
        counts="true",
        own={},
        events={
            "inquiries": Event("f.occurred_at"),
            "inquiries_created": _inquiries("created"),
            "inquiries_attached": _inquiries("attached"),
            "inquiries_reopened": _inquiries("reopened"),
            "direct": Event(_when("f.direct", "f.occurred_at")),
        },
    ),
    "lead": Place(
        tables="""fact_lead f LEFT JOIN LATERAL (
            SELECT min(d.won_at) FILTER (WHERE d.status = 'won') AS at, bool_and(d.status = 'lost') AS all_lost,
                   max(coalesce(d.lost_at, d.updated_at)) AS lost_at,
                   (array_agg(d.loss_reason_id ORDER BY coalesce(d.lost_at, d.updated_at) DESC, d.id DESC))[1] AS reason
            FROM fact_deal d WHERE d.workspace_id = f.workspace_id AND d.case_id = f.id) sold ON true""",
        born="f.occurred_at",
        counts="f.status <> 'merged'",
        own={"status": "f.status", "loss_reason": _REASON},
        events=_LEAD_EVENTS,
    ),
    "deal": Place(
        tables="fact_deal f LEFT JOIN fact_lead l ON l.workspace_id = f.workspace_id AND l.id = f.lead_id",
        born="coalesce(l.occurred_at, f.created_at)",
        counts="true",
        own={"pipeline": "f.pipeline_id", "stage": "f.stage_id", "loss_reason": "f.loss_reason_id"},
        events=_DEAL_EVENTS,
        touch="l",
    ),
}


async def sums_of_facts(
    session: AsyncSession, asked: Slice, wanted: Sequence[Wanted]
) -> Iterable[tuple[Key, str, int, int, Decimal]]:
    """Rows of (values, measure, bucket, n, amount); one statement a subject, whose cost grows with the facts."""
    rows: list[tuple[Key, str, int, int, Decimal]] = []
    for subject in dict.fromkeys(each.subject for each in wanted):
        measures = [each.measure for each in wanted if each.subject == subject]
        statement, values = _statement(asked, PLACES[subject], measures)
        size = len(asked.by)
        for row in await session.execute(text(statement), values):
            rows.append((tuple(row[:size]), row[size], int(row[size + 1]), int(row[size + 2]), Decimal(row[size + 3])))
    return rows


def _statement(asked: Slice, place: Place, measures: Sequence[str]) -> tuple[str, dict[str, Any]]:
    day = "e.at" if asked.basis == "period" else place.born
    columns = [_column(dimension, asked, place, day) for dimension in asked.by]
    conditions, values = _conditions(asked, place, day)
    events = ", ".join(
        f"('{measure}', {event.at}, {event.bucket}, ({event.amount})::numeric, {str(event.present).lower()})"
        for measure, event in ((measure, place.events[measure]) for measure in measures)
    )
    grouped = ", ".join(str(position + 1) for position in range(len(columns) + 2))
    statement = f"""
        SELECT {"".join(f"{column}, " for column in columns)}e.measure, e.bucket, count(*), sum(e.amount)
        FROM {place.tables}
        CROSS JOIN LATERAL (VALUES {events}) AS e(measure, at, bucket, amount, present)
        WHERE f.workspace_id = :workspace_id AND {place.counts} AND e.at IS NOT NULL
          AND {day} >= :start AND {day} < :end {"".join(f" AND {condition}" for condition in conditions)}
        GROUP BY {grouped}"""
    return statement, values | _bounds(asked, statement)


def _bounds(asked: Slice, statement: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "workspace_id": asked.workspace_id,
        "start": datetime.combine(asked.period.start, time.min, asked.zone),
        "end": datetime.combine(asked.period.end, time.min, asked.zone),
        "zone": asked.zone.key,
        "currency": asked.currency,
    }
    return {name: value for name, value in values.items() if f":{name}" in statement}


def _conditions(asked: Slice, place: Place, day: str) -> tuple[list[str], dict[str, Any]]:
    conditions, values = [], {}
    for index, condition in enumerate(asked.where):
        column = _column(condition.dimension, asked, place, day)
        found = f"{column} = ANY(:where_{index})"
        conditions.append(f"NOT ({found})" if condition.negated else found)
        values[f"where_{index}"] = sorted(condition.values)
    return conditions, values


def _column(key: str, asked: Slice, place: Place, day: str) -> str:
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
        return _owner(key, asked)
    written = f"coalesce({place.own.get(key) or f'{place.touch}.{key}'}::text, '')"
    return f"left({written}, {LONGEST_DIMENSION})" if key in CUT else written


def _owner(key: str, asked: Slice) -> str:
    """The owner (or team) of now; with basis period the one at the moment: the last not after it, else the first."""
    now = f"coalesce(f.{key}_id::text, '')"
    if asked.basis == "cohort":
        return now
    return f"""CASE WHEN e.present OR jsonb_array_length(f.owners) = 0 THEN {now} ELSE coalesce((
        SELECT coalesce(o.entry ->> '{key}_id', '') FROM jsonb_array_elements(f.owners) WITH ORDINALITY o(entry, place)
        WHERE (o.entry ->> 'at')::timestamptz <= e.at OR o.place = 1 ORDER BY o.place DESC LIMIT 1), '') END"""
