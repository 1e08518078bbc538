"""Reading what was spent: the stored lines, and current sums under their own keys."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.queries import rate_on
from analytics.looks import Look
from analytics.projections.measures import GRAINS
from analytics.projections.slices import Period, spans
from analytics.spend.tables import SpendLine, SpendUnit

KEYS: Final = (
    "source",
    "medium",
    "campaign",
    "content",
    "term",
    "campaign_id",
    "adgroup_id",
    "ad_id",
)
"""What spend may name of the leads it brought."""


class SpentSum(NamedTuple):
    """Money of one day (None where days were not asked apart) under the keys that it names, and its currency."""

    day: date | None
    keys: dict[str, str | None]
    currency: str
    amount: Decimal


def lines(
    workspace_id: UUID,
    *,
    start: date | None = None,
    end: date | None = None,
    sources: Sequence[str] = (),
    superseded: bool = False,
) -> Select[SpendLine]:
    """Stored lines of a period (`end` exclusive), older versions too when asked for."""
    statement = select(SpendLine).where(SpendLine.workspace_id == workspace_id)
    if not superseded:
        statement = statement.where(SpendLine.current)
    if start is not None:
        statement = statement.where(SpendLine.date >= start)
    if end is not None:
        statement = statement.where(SpendLine.date < end)
    if sources:
        statement = statement.where(SpendLine.source.in_(sources))
    return statement


async def spend_changed_at(session: AsyncSession, workspace_id: UUID) -> datetime | None:
    """When spend last changed; None before any."""
    changed: datetime | None = await session.scalar(
        select(func.max(SpendUnit.updated_at)).where(SpendUnit.workspace_id == workspace_id)
    )
    return changed


def look_at_spent(workspace_id: UUID, period: Period, *, by_day: bool, by_keys: bool) -> Look[list[SpentSum]]:
    """Current spend of the days: summed per day and per combination of keys where asked, each in its own currency."""
    named = KEYS if by_keys else ()
    values: dict[str, Any] = {"workspace_id": workspace_id}
    read = spans(period, by_days=by_day)
    for grain in GRAINS:
        told = [span for span in read if span.grain == grain]
        values[f"{grain}_starts"] = [span.start for span in told]
        values[f"{grain}_ends"] = [span.end for span in told]
        values[f"{grain}_signs"] = [span.sign for span in told]
    return Look(_spent(named, by_day), values, partial(_sums, named))


@cache
def _spent(named: tuple[str, ...], by_day: bool) -> str:
    """What was spent in whole months, and day by day, from the sums of months and the lines."""
    columns = ", ".join(("currency", *named, *(("day",) if by_day else ())))
    parts = [
        f"""SELECT sign * amount AS amount, {", ".join(("currency", *named))}, day
            FROM unnest(CAST(:{grain}_starts AS date[]), CAST(:{grain}_ends AS date[]), CAST(:{grain}_signs AS int[]))
                span(starts, ends, sign)
            CROSS JOIN LATERAL (SELECT {", ".join(("amount", "currency", *named))}, {day} AS day FROM {table}
                WHERE workspace_id = :workspace_id AND {day} >= starts AND {day} < ends{kept} OFFSET 0) found"""
        for grain, table, day, kept in (
            ("month", "spend_month", "month", ""),
            ("day", "spend_line", "date", " AND current"),
        )
    ]
    return f"""SELECT json_agg(json_build_array(amount::text, currency, {"day" if by_day else "NULL"},
            ARRAY[{", ".join(named)}]::text[]))
        FROM (SELECT sum(amount) AS amount, {columns} FROM ({" UNION ALL ".join(parts)}) told GROUP BY {columns}) sums
        WHERE amount <> 0"""


def _sums(named: Sequence[str], rows: Iterable[tuple[str, str, str | None, list[str | None]]] | None) -> list[SpentSum]:
    return [
        SpentSum(
            day=date.fromisoformat(day) if day else None,
            keys=dict(zip(named, keys, strict=True)) if named else dict.fromkeys(KEYS),
            currency=currency,
            amount=Decimal(amount),
        )
        for amount, currency, day, keys in rows or ()
    ]


async def converted(
    session: AsyncSession,
    workspace_id: UUID,
    period: Period,
    told: list[SpentSum],
    *,
    currency: str,
    by_day: bool,
    by_keys: bool,
) -> list[SpentSum]:
    """What was told, with other currencies in `currency`, line by line with the rate of the day (the last known one not
    after it), so that the sum is the same by anything; what no rate is known for stays in its own currency."""
    own = [each for each in told if each.currency == currency]
    if len(own) == len(told):
        return told
    named = KEYS if by_keys else ()
    foreign = _converted(workspace_id, period.start, period.end, currency, named, by_day=by_day).subquery()
    grouped = [foreign.c.currency, *(foreign.c[key] for key in named), *([foreign.c.day] if by_day else [])]
    rows = await session.execute(select(func.sum(foreign.c.amount), *grouped).group_by(*grouped))
    return own + [
        SpentSum(
            day=row[-1] if by_day else None,
            keys=dict.fromkeys(KEYS) | dict(zip(named, row[2 : 2 + len(named)], strict=True)),
            currency=row[1],
            amount=row[0],
        )
        for row in rows
        if row[0]
    ]


def _converted(
    workspace_id: UUID, start: date, end: date, currency: str, named: Sequence[str], *, by_day: bool
) -> Select[Any]:
    """The lines in other currencies than `currency`, in it wherever a rate is known."""
    rate = rate_on(workspace_id, currency, SpendLine.currency, SpendLine.date).lateral("known")
    columns = [
        case((rate.c.rate.is_(None), SpendLine.amount), else_=func.round(SpendLine.amount * rate.c.rate, 2)),
        case((rate.c.rate.is_(None), SpendLine.currency), else_=literal(currency)).label("currency"),
        *(getattr(SpendLine, key) for key in named),
        *([SpendLine.date.label("day")] if by_day else []),
    ]
    return (
        select(columns[0].label("amount"), *columns[1:])
        .outerjoin(rate, literal(True))
        .where(SpendLine.workspace_id == workspace_id, SpendLine.current, SpendLine.currency != currency)
        .where(SpendLine.date >= start, SpendLine.date < end)
    )
