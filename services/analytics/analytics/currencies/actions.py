"""Telling exchange rates."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import FieldError, Invalid
from sqlalchemy import Boolean, literal_column
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.schemas import RateItem, RatesPosted
from analytics.currencies.tables import ExchangeRate


class NoExchange(Invalid):
    """A rate of a currency in itself, or two rates of one day."""

    code = "no-exchange"
    title = "This is no exchange rate"


async def post_rates(
    session: AsyncSession, workspace_id: UUID, items: Sequence[RateItem], *, currency: str, by: str, now: datetime
) -> RatesPosted:
    """Stores the rates; whatever they convert is read with them from now on. Raises `NoExchange`."""
    rows = {}
    for index, item in enumerate(items):
        key = (item.base or currency, item.currency, item.date)
        if key[0] == key[1] or key in rows:
            detail = f"is the rate of {key[0]} in itself" if key[0] == key[1] else "is told twice"
            raise NoExchange(detail, errors=[FieldError(pointer=f"/items/{index}", detail=detail)])
        named = dict(zip(("base", "currency", "date"), key, strict=True))
        told = {"rate": item.rate, "by": by, "recorded_at": now}
        rows[key] = {"workspace_id": workspace_id, "id": new_id(), **named, **told}
    statement = insert(ExchangeRate)
    stored = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "base", "currency", "date"],
            set_={name: statement.excluded[name] for name in ("rate", "by", "recorded_at")},
            where=ExchangeRate.rate != statement.excluded.rate,
        ).returning(literal_column("(xmax = 0)", Boolean)),
        [rows[key] for key in sorted(rows)],
    )
    new = list(stored.scalars())
    return RatesPosted(items=len(rows), created=sum(new), changed=len(new) - sum(new), unchanged=len(rows) - len(new))
