"""Adding and changing products."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.outbox import publish
from leadkit.problems import Conflict, Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.products.queries import product_by_id, product_changed
from crm_core.products.schemas import ProductCreate, ProductOut, ProductPatch
from crm_core.products.tables import Product
from crm_core.storable import check_storable
from crm_core.uniqueness import unique

NEVER_NULL = ("name", "active")


class SkuTaken(Conflict):
    """Another product has this number."""

    code = "product-sku-taken"
    title = "Another product has this number"


async def create_products(
    session: AsyncSession, wanted: Sequence[ProductCreate], *, caller: Caller, now: datetime
) -> list[Product | Problem]:
    """A new product for each, or `SkuTaken`, in order."""
    await existing_workspace(session, caller.workspace)
    made: list[Product | Problem] = []
    for one in wanted:
        try:
            check_storable(one)
            product = Product(
                workspace_id=caller.workspace, id=new_id(), version=1, name=one.name, sku=one.sku, unit=one.unit,
                price=one.price.amount if one.price else None, currency=one.price.currency if one.price else None,
                active=True, created_at=now, updated_at=now,
            )  # fmt: skip
            async with unique(session, SkuTaken()):
                session.add(product)
            made.append(product)
        except Problem as problem:
            made.append(problem)
    new = [one for one in made if isinstance(one, Product)]
    await publish(session, [product_changed(product) for product in new])
    entries = [audit.Change("product.create", "product", product.id, after=_shown(product)) for product in new]
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=entries, now=now)
    return made


async def change_product(
    session: AsyncSession, product_id: UUID, wanted: ProductPatch, version: int | None, *, caller: Caller, now: datetime
) -> Product:
    """Applies a merge patch; raises `NotFound`, `PreconditionRequired`, `Stale`, `SkuTaken`."""
    check_storable(wanted)
    product = await product_by_id(session, caller.workspace, product_id, lock=True)
    check_version(version, product.version)
    before, sent = _shown(product), changes(wanted, never_null=NEVER_NULL)
    async with unique(session, SkuTaken()):
        if "price" in sent:
            del sent["price"]
            product.price = wanted.price.amount if wanted.price else None
            product.currency = wanted.price.currency if wanted.price else None
        for field, value in sent.items():
            setattr(product, field, value)
        if (after := _shown(product)) != before:
            product.version += 1
            product.updated_at = now
    if after != before:
        await publish(session, [product_changed(product)])
        entry = audit.Change("product.update", "product", product.id, before, after)
        await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=[entry], now=now)
    return product


def _shown(product: Product) -> dict[str, Any]:
    return ProductOut.of(product).model_dump(mode="json", exclude={"version", "updated_at"})
