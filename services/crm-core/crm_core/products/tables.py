"""The `product` table."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Product(Base):
    """One product; one that is not active is no longer offered, and stays on the deals that have it."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("(price IS NULL) = (currency IS NULL)", name="price"),
        Index("uq_product_sku", "workspace_id", "sku", unique=True, postgresql_where=text("sku IS NOT NULL")),
        Index("ix_product_name", "workspace_id", "name", "id"),
        Index("ix_product_created", "workspace_id", "created_at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    sku: Mapped[str | None]
    unit: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str | None]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
