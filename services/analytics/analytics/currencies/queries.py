"""Reading exchange rates: the last one known on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Select, Text, column, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.tables import ExchangeRate


def rate_on(workspace_id: UUID, base: str, currency: Any, day: Any) -> Select[Decimal]:
    """What one unit of `currency` is worth in `base` on a day: the last rate told not after it; no row without one.

    `currency` and `day` are columns of the query that this becomes a part of.
    """
    return (
        select(ExchangeRate.rate)
        .where(ExchangeRate.workspace_id == workspace_id, ExchangeRate.base == base)
        .where(ExchangeRate.currency == currency, ExchangeRate.date <= day)
        .order_by(ExchangeRate.date.desc())
        .limit(1)
    )


def converted_sql(amount: str, currency: str, day: str) -> str:
    """An amount of another currency on a day, in `:currency` of `:workspace_id` and to the cent; null without a rate.

    For statements that are written as text; the arguments are their own columns.
    """
    return f"""round({amount} * (
        SELECT r.rate FROM exchange_rate r WHERE r.workspace_id = :workspace_id AND r.base = :currency
        AND r.currency = {currency} AND r.date <= {day} ORDER BY r.date DESC LIMIT 1), 2)"""


async def rates_on(
    session: AsyncSession, workspace_id: UUID, base: str, wanted: Iterable[tuple[str, date]]
) -> dict[tuple[str, date], Decimal]:
    """The rate of each other currency on each day; those that no rate is known for are left out."""
    pairs = sorted({(currency, day) for currency, day in wanted if currency != base})
    if not pairs:
        return {}
    asked = (
        func.unnest(literal([each for each, _ in pairs], ARRAY(Text)), literal([day for _, day in pairs], ARRAY(Date)))
        .table_valued(column("currency", Text), column("day", Date))
        .render_derived("asked")
    )
    rate = rate_on(workspace_id, base, asked.c.currency, asked.c.day).lateral("known")
    rows = await session.execute(select(asked.c.currency, asked.c.day, rate.c.rate).join(rate, literal(True)))
    return {(row.currency, row.day): row.rate for row in rows}


def rates(workspace_id: UUID, *, currency: str | None, start: date | None, end: date | None) -> Select[ExchangeRate]:
    """The rates of a workspace (`end` exclusive)."""
    statement = select(ExchangeRate).where(ExchangeRate.workspace_id == workspace_id)
    if currency is not None:
        statement = statement.where(ExchangeRate.currency == currency)
    if start is not None:
        statement = statement.where(ExchangeRate.date >= start)
    if end is not None:
        statement = statement.where(ExchangeRate.date < end)
    return statement
