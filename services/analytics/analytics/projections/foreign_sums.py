"""Amounts of deals in other currencies than the workspace's, as sums to be added to those that cells (or facts) gave.

Cells hold only amounts in the workspace's currency, so a rate told later, or told anew, restates at once whatever it
converts. What this costs grows with the deals in other currencies, and is a look into an index where there are none.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.queries import converted_sql
from analytics.looks import Look
from analytics.projections.definitions import DEAL_AMOUNTS, PLACES, Event
from analytics.projections.fact_sums import bounds, column, conditions
from analytics.projections.slices import Key, Slice, Sum, Wanted

UNCONVERTED: Final = "unconverted"

_DAY_WON: Final = "(coalesce(d.won_at, d.updated_at) AT TIME ZONE CAST(:zone AS text))::date"
REVENUE: Final = (
    f"coalesce(CASE WHEN d.currency = :currency THEN d.amount ELSE {converted_sql('d.amount', 'd.currency', _DAY_WON)}"
    " END, 0)"
)
"""What a won deal `d` brought, in `:currency` by the rate of the day in `:zone` on which it was won; 0 without one."""

_ANY: Final = """SELECT to_json(
    EXISTS (SELECT FROM fact_deal WHERE workspace_id = :workspace_id AND currency < :currency)
    OR EXISTS (SELECT FROM fact_deal WHERE workspace_id = :workspace_id AND currency > :currency))"""


class Foreign(NamedTuple):
    """`added`: converted amounts, and the deals that are `unconverted` no more; `left_out` by measure and currency."""

    added: list[Sum]
    left_out: dict[str, dict[str, Decimal]]


def added_to(wanted: Iterable[Wanted]) -> tuple[str, ...]:
    """Those of the measures that deals in other currencies add to."""
    return tuple(key for key, _, amount in wanted if key == UNCONVERTED or (amount and key in DEAL_AMOUNTS))


def any_foreign(asked: Slice) -> Look[bool]:
    """Whether there are deals in other currencies at all."""
    return Look(_ANY, {"workspace_id": asked.workspace_id, "currency": asked.currency}, bool)


async def foreign_sums(session: AsyncSession, asked: Slice, measures: Sequence[str]) -> Foreign:
    """What deals in other currencies add to these measures, each by the rate of the day on which it counts."""
    found = Foreign([], {})
    statement, values = _statement(asked, measures)
    for row in await session.execute(text(statement), values):
        key: Key = tuple(row[: len(asked.by)])
        if row.currency != asked.currency:
            by_currency = found.left_out.setdefault(row.measure, {})
            by_currency[row.currency] = by_currency.get(row.currency, Decimal(0)) + row.amount
        elif row.measure == UNCONVERTED:
            found.added.append(Sum(key, UNCONVERTED, -int(row.n)))
        else:
            found.added.append(Sum(key, row.measure, 0, row.amount))
    return found


def _statement(asked: Slice, measures: Sequence[str]) -> tuple[str, dict[str, Any]]:
    place = PLACES["deal"]
    day = "e.at" if asked.basis == "period" else place.moments["born"]
    columns = [column(dimension, asked, place, day) for dimension in asked.by]
    kept, values = conditions(asked, place, day)
    events = ", ".join(_event(measure, place.events[measure], place.moments) for measure in measures)
    converted = converted_sql("e.amount", "f.currency", "(e.at AT TIME ZONE CAST(:zone AS text))::date")
    statement = f"""
        SELECT {"".join(f"{each}, " for each in columns)}e.measure,
            CASE WHEN c.amount IS NULL THEN f.currency ELSE :currency END AS currency,
            count(*) AS n, sum(coalesce(c.amount, e.amount)) AS amount
        FROM {place.tables}
        CROSS JOIN LATERAL (VALUES {events}) AS e(measure, at, amount, present, moment)
        CROSS JOIN LATERAL (SELECT {converted} AS amount) c
        WHERE f.workspace_id = :workspace_id AND (f.currency < :currency OR f.currency > :currency)
          AND f.amount IS NOT NULL AND e.at IS NOT NULL AND {day} >= :start AND {day} < :end
          {"".join(f" AND {condition}" for condition in kept)}
        GROUP BY {", ".join(str(position + 1) for position in range(len(columns) + 2))}"""
    return statement, values | bounds(asked, statement)


def _event(measure: str, event: Event, moments: dict[str, str]) -> str:
    at = moments[event.moment]
    counted = f"CASE WHEN {event.when} THEN {at} END"
    amount = DEAL_AMOUNTS.get(measure, "f.amount")
    return f"('{measure}', {counted}, {amount}, {str(event.present).lower()}, '{event.moment}')"
