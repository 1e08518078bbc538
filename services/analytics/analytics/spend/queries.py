"""Reading what was spent: the stored lines, and current sums under their own keys."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.queries import rate_on
from analytics.projections.slices import Period, Span, spans
from analytics.spend.tables import SpendLine, SpendMonth, SpendUnit

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


async def spent(
    session: AsyncSession, workspace_id: UUID, start: date, end: date, *, currency: str, by_day: bool, by_keys: bool
) -> list[SpentSum]:
    """Current spend of the days from `start` up to `end`: summed per day and per combination of keys where asked.

    Other currencies are converted line by line with the rate of the day (the last known one not after it), so that the
    sum is the same by anything; what no rate is known for stays in its own currency.
    """
    named = KEYS if by_keys else ()
    parts = [_part(workspace_id, span, named, by_day=by_day) for span in spans(Period(start, end), by_days=by_day)]
    sums = await _summed(session, union_all(*parts), named, by_day=by_day)
    if all(each.currency == currency for each in sums):
        return sums
    own = [each for each in sums if each.currency == currency]
    foreign = _converted(workspace_id, start, end, currency, named, by_day=by_day)
    return own + await _summed(session, foreign, named, by_day=by_day)


async def _summed(
    session: AsyncSession, told: CompoundSelect[Any] | Select[Any], named: Sequence[str], *, by_day: bool
) -> list[SpentSum]:
    amounts = told.subquery()
    grouped = [amounts.c.currency, *(amounts.c[key] for key in named), *([amounts.c.day] if by_day else [])]
    rows = await session.execute(select(func.sum(amounts.c.amount), *grouped).group_by(*grouped))
    return [
        SpentSum(
            day=row[-1] if by_day else None,
            keys=dict.fromkeys(KEYS) | dict(zip(named, row[2 : 2 + len(named)], strict=True)),
            currency=row[1],
            amount=row[0],
        )
        for row in rows
        if row[0]
    ]


def _part(workspace_id: UUID, span: Span, named: Sequence[str], *, by_day: bool) -> Select[Any]:
    """What was spent in whole months, or day by day, from the sums of months or the lines."""
    table: Any = SpendMonth if span.grain == "month" else SpendLine
    day = SpendMonth.month if span.grain == "month" else SpendLine.date
    columns = [
        (table.amount if span.sign > 0 else -table.amount).label("amount"),
        table.currency,
        *(getattr(table, key) for key in named),
        *([day.label("day")] if by_day else []),
    ]
    part = select(*columns).where(table.workspace_id == workspace_id, day >= span.start, day < span.end)
    return part if span.grain == "month" else part.where(SpendLine.current)


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
