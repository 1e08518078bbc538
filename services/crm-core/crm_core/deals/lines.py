"""What a deal is about: its lines, read with the products that they name, and their sum."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.problems import FieldError, Invalid
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deals.rules import line_total
from crm_core.deals.schemas import DealLine
from crm_core.products.queries import ProductInfo, products_among

Products = Mapping[UUID, ProductInfo]
MOST = Decimal(10) ** 16
"""Below this are amounts that a deal can have."""


async def products_named(
    session: AsyncSession, workspace_id: UUID, wanted: Iterable[Sequence[DealLine]]
) -> dict[UUID, ProductInfo]:
    """The products that the lines of a whole batch name, in one statement."""
    ids = {line.product_id for lines in wanted for line in lines if line.product_id is not None}
    return await products_among(session, workspace_id, ids)


def lines_read(
    lines: Sequence[DealLine], products: Products, currency: str, *, kept: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """The lines as they are stored: what a line does not say is its product's. A product that is no longer offered may
    only be `kept`. Raises `Invalid` with all places that are wrong."""
    stored, errors = [], []
    for place, line in enumerate(lines):
        read = _read(line, products.get(line.product_id) if line.product_id else None, currency, kept)
        if isinstance(read, FieldError):
            errors.append(FieldError(pointer=f"/lines/{place}{read.pointer}", detail=read.detail))
        else:
            stored.append(read)
    if not errors and (sum_of(stored) or 0) >= MOST:
        errors.append(FieldError(pointer="/lines", detail="come to more than an amount can be"))
    if errors:
        raise Invalid("A line of the deal is not valid.", errors=errors)
    return stored


def sum_of(lines: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """What the (stored) lines come to; None without any."""
    if not lines:
        return None
    totals = (
        line_total(Decimal(line["quantity"]), Decimal(line["price"]), Decimal(line["discount"])) for line in lines
    )
    return sum(totals, Decimal(0))


def products_on(lines: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """The products that the (stored) lines name."""
    return {UUID(line["product_id"]) for line in lines if line["product_id"] is not None}


def _read(
    line: DealLine, product: ProductInfo | None, currency: str, kept: Collection[UUID]
) -> dict[str, Any] | FieldError:
    if line.product_id is not None and product is None:
        return FieldError(pointer="/product_id", detail="is not a product of this workspace")
    if product is not None and not product.active and line.product_id not in kept:
        return FieldError(pointer="/product_id", detail="is a product that is no longer offered")
    price = line.price or _price_of(product)
    name = line.name or (product.name if product else None)
    if price is None or name is None:
        return FieldError(pointer="", detail="needs a name and a price, or a product that has them")
    if price.currency != currency:
        return FieldError(pointer="/price/currency", detail=f"must be the workspace's currency, {currency}")
    if price.amount < 0:
        return FieldError(pointer="/price/amount", detail="must not be less than nothing")
    return {
        "product_id": str(line.product_id) if line.product_id else None,
        "name": name,
        "quantity": str(line.quantity),
        "price": str(price.amount),
        "discount": str(line.discount),
    }


def _price_of(product: ProductInfo | None) -> Money | None:
    if product is None or product.price is None or product.currency is None:
        return None
    return Money(amount=product.price, currency=product.currency)
