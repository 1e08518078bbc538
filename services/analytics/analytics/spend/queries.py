"""Reading what was spent: the stored lines, and current sums under their own keys."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.slices import Period, Span, spans
from analytics.spend.tables import SpendLine, SpendMonth

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


async def spent(
    session: AsyncSession, workspace_id: UUID, start: date, end: date, *, by_day: bool, by_keys: bool
) -> list[SpentSum]:
    """Current spend of the days from `start` up to `end`: summed per day and per combination of keys where asked."""
    named = KEYS if by_keys else ()
    parts = [_part(workspace_id, span, named, by_day=by_day) for span in spans(Period(start, end), by_days=by_day)]
    told = union_all(*parts).subquery()
    grouped = [told.c.currency, *(told.c[key] for key in named), *([told.c.day] if by_day else [])]
    rows = await session.execute(select(func.sum(told.c.amount), *grouped).group_by(*grouped))
    return [
        SpentSum(
            day=row[-1] if by_day else None,
            keys=dict.fromkeys(KEYS) | dict(zip(named, row[2 : 2 + len(named)], strict=True)),
            currency=row[1],
            amount=row[0],
        )
        for row in rows
    ]


def _part(workspace_id: UUID, span: Span, named: Sequence[str], *, by_day: bool) -> Select[Any]:
    """What was spent in whole months, or day by day, from the sums of months or the lines."""
    table: Any = SpendMonth if span.grain == "month" else SpendLine
    day = SpendMonth.month if span.grain == "month" else SpendLine.date
    columns = [
        table.amount,
        table.currency,
        *(getattr(table, key) for key in named),
        *([day.label("day")] if by_day else []),
    ]
    part = select(*columns).where(table.workspace_id == workspace_id, day >= span.start, day < span.end)
    return part if span.grain == "month" else part.where(SpendLine.current)
