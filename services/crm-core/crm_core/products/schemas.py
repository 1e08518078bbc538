"""A product as clients send and see it."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment, Money, Shape
from pydantic import Field

from crm_core.fields import Line, absent
from crm_core.products.tables import Product

Price = Annotated[Money, Field(examples=[{"amount": "4990.00", "currency": "RUB"}])]
Sku = Annotated[Line, Field(description="Its number in the catalogue, given once", examples=["CH-40"])]
Unit = Annotated[Line, Field(description="What one of it is", examples=["piece"])]


class ProductCreate(Shape):
    """A new product."""

    name: Annotated[Line, Field(examples=["Office chair"])]
    sku: Sku | None = None
    unit: Unit | None = None
    price: Price | None = None


class ProductPatch(Shape):
    """Merge patch: what is left out stays. Deals keep the prices that their lines have."""

    name: Line = Field(default_factory=absent)
    sku: Sku | None = None
    unit: Unit | None = None
    price: Price | None = None
    active: bool = Field(default_factory=absent, examples=[True])


class ProductOut(Shape):
    """A product; one that is not active is no longer offered."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Office chair"])
    sku: str | None = Field(examples=["CH-40"])
    unit: str | None = Field(examples=["piece"])
    price: Price | None
    active: bool
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, product: Product) -> "ProductOut":
        """The product as clients see it."""
        own = {name: getattr(product, name) for name in cls.model_fields if name != "price"}
        price = None if product.price is None else {"amount": product.price, "currency": product.currency}
        return cls.model_validate({**own, "price": price})
