"""Reading products; every query names its workspace."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import NamedState
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.products.tables import Product


class ProductInfo(NamedTuple):
    """What a line of a deal takes over."""

    name: str
    price: Decimal | None
    currency: str | None
    active: bool


def products_of(workspace_id: UUID, *, active: bool | None, q: str | None) -> Select[Any]:
    """The workspace's products, for a list; `q` is a part of a name or number."""
    statement = select(Product).where(Product.workspace_id == workspace_id)
    if active is not None:
        statement = statement.where(Product.active == active)
    if q is not None:
        named = Product.name.icontains(q, autoescape=True)
        statement = statement.where(named | Product.sku.icontains(q, autoescape=True))
    return statement


async def product_by_id(session: AsyncSession, workspace_id: UUID, product_id: UUID, *, lock: bool = False) -> Product:
    """The product; raises `NotFound`."""
    statement = select(Product).where(Product.workspace_id == workspace_id, Product.id == product_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such product.")
    return found


async def products_among(session: AsyncSession, workspace_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ProductInfo]:
    """Those of the ids that are products, offered or not."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await session.execute(
        select(Product.id, Product.name, Product.price, Product.currency, Product.active).where(
            Product.workspace_id == workspace_id, Product.id.in_(wanted)
        )
    )
    return {row.id: ProductInfo(row.name, row.price, row.currency, row.active) for row in rows}


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the states of all products."""
    key = (Product.workspace_id, Product.id)
    statement = paged(select(Product), key=key, workspace_id=workspace_id, after=after, limit=limit)
    return [product_changed(product) for product in await session.scalars(statement)]


def product_changed(product: Product) -> NewEvent:
    """The product's state as an event."""
    state = NamedState.model_validate(product, from_attributes=True)
    return NewEvent("product.changed", product.workspace_id, product.id, state)
