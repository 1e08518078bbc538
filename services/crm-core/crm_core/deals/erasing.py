"""Erasing whom a deal is with: its amounts, stages and outcome stay, for ever countable."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deals.lines import Products, products_on
from crm_core.deals.queries import state_of
from crm_core.deals.tables import Deal, StageChange
from crm_core.products.queries import products_among

NAMELESS = "(erased)"
"""The name of a deal from then on: a deal's name often is its person's."""


async def deals_of(
    session: AsyncSession,
    workspace_id: UUID,
    lead_ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
    *,
    lock: bool = False,
) -> list[Deal]:
    """The deals with these people, in order; with `lock` nobody else changes them meanwhile."""
    statement = select(Deal).where(
        Deal.workspace_id == workspace_id, or_(Deal.lead_id.in_(lead_ids), Deal.contact_id.in_(contact_ids))
    )
    statement = statement.order_by(Deal.id)
    return list(await session.scalars(statement.with_for_update() if lock else statement))


async def erase_deals(session: AsyncSession, workspace_id: UUID, deals: Sequence[Deal], *, now: datetime) -> None:
    """Empties what was written about the people of these (locked) deals."""
    sold = {product_id for deal in deals for product_id in products_on(deal.lines)}
    products = await products_among(session, workspace_id, sold)
    for deal in deals:
        deal.name, deal.search_text, deal.loss_note, deal.custom = NAMELESS, "", None, {}
        deal.lines = [{**line, "name": _name_of(line, products)} for line in deal.lines]
        deal.version += 1
        deal.updated_at = now
    await session.execute(
        update(StageChange)
        .where(StageChange.workspace_id == workspace_id, StageChange.deal_id.in_([deal.id for deal in deals]))
        .values(note=None)
    )
    await session.flush()
    await publish(session, [NewEvent("deal.updated", workspace_id, deal.id, state_of(deal)) for deal in deals])


def _name_of(line: Mapping[str, Any], products: Products) -> str:
    """As the catalogue names it, and not as somebody named it for this deal."""
    product = products.get(UUID(line["product_id"])) if line["product_id"] else None
    return product.name if product else NAMELESS
