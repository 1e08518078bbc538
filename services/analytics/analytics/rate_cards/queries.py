"""Reading rate cards, and what they make leads cost."""

from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import Look
from analytics.projections.slices import Slice
from analytics.rate_cards.charging import CHARGES, CONVERTED
from analytics.rate_cards.tables import RateCard
from analytics.spend.queries import KEYS, SpentSum

NAMED: Final = ("source", "medium", "campaign", "content", "term")


def cards(workspace_id: UUID, *, supplier: str | None = None) -> Select[RateCard]:
    """The rate cards of a workspace."""
    statement = select(RateCard).where(RateCard.workspace_id == workspace_id)
    return statement if supplier is None else statement.where(RateCard.supplier == supplier)


async def card_by_id(session: AsyncSession, workspace_id: UUID, card_id: UUID, *, lock: bool = False) -> RateCard:
    """One rate card; raises `NotFound`."""
    statement = cards(workspace_id).where(RateCard.id == card_id)
    card = await session.scalar(statement.with_for_update() if lock else statement)
    if card is None:
        raise NotFound("There is no such rate card.")
    return card


def bounds(asked: Slice) -> dict[str, Any]:
    """The values that a statement with `CHARGES` takes."""
    period, zone = asked.period, asked.zone
    return {
        "workspace_id": asked.workspace_id,
        "start": _midnight(period.start, zone),
        "end": _midnight(period.end, zone),
        "zone": zone.key,
        "currency": asked.currency,
    }


def _midnight(day: date, zone: Any) -> datetime:
    return datetime.combine(day, time.min, zone)


def any_cards(workspace_id: UUID) -> Look[bool]:
    """Whether the workspace pays anybody by rate cards."""
    told = "SELECT to_json(EXISTS (SELECT FROM rate_card WHERE workspace_id = :workspace_id))"
    return Look(told, {"workspace_id": workspace_id}, bool)


async def charged(session: AsyncSession, asked: Slice, *, by_day: bool, by_keys: bool) -> list[SpentSum]:
    """What cards make the leads of the slice's period cost, on the days of what is paid for, under the leads' names.

    As with other spend each charge is converted by its day, and what no rate is known for keeps its currency. What was
    returned costs nothing; what is disputed costs until it is decided.
    """
    named = NAMED if by_keys else ()
    grouped = ", ".join((*(f"c.{name}" for name in named), *(("c.day",) if by_day else ()), "2"))
    shown = "".join(f", c.{name}" for name in named) + (", c.day" if by_day else "")
    statement = f"""SELECT sum(coalesce({CONVERTED}, c.amount)) AS amount,
            CASE WHEN {CONVERTED} IS NULL THEN c.currency ELSE :currency END AS currency{shown}
        FROM ({CHARGES}) c WHERE c.refused IS NULL AND c.dispute IS DISTINCT FROM 'accepted'
        GROUP BY {grouped}"""
    rows = await session.execute(text(statement), bounds(asked))
    return [
        SpentSum(
            day=row.day if by_day else None,
            keys=dict.fromkeys(KEYS) | {name: getattr(row, name) for name in named},
            currency=row.currency,
            amount=row.amount,
        )
        for row in rows
        if row.amount
    ]
