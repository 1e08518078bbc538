"""Reading what was spent: the stored lines, and current sums under their own keys."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.spend.tables import SpendLine

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
    keys = [getattr(SpendLine, key) for key in named]
    days: list[Any] = [SpendLine.date] if by_day else []
    statement = (
        select(func.sum(SpendLine.amount), SpendLine.currency, *keys, *days)
        .where(SpendLine.workspace_id == workspace_id, SpendLine.current)
        .where(SpendLine.date >= start, SpendLine.date < end)
        .group_by(SpendLine.currency, *keys, *days)
    )
    return [
        SpentSum(
            day=row[-1] if by_day else None,
            keys=dict.fromkeys(KEYS) | dict(zip(named, row[2 : 2 + len(named)], strict=True)),
            currency=row[1],
            amount=row[0],
        )
        for row in await session.execute(statement)
    ]
