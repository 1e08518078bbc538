"""Tables `erasure` and `erased_address`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Erasure(Base):
    """That somebody was erased: when, on whose word, and which rows they were. Nothing says who."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_at", "workspace_id", "at", "id"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    contact_ids: Mapped[list[UUID]]
    lead_ids: Mapped[list[UUID]]
    deal_ids: Mapped[list[UUID]]


class ErasedAddress(Base):
    """The keyed hash of an address of somebody erased: what they had sent before, and is still on its way, is refused.
    Kept for as long as anything may be on its way."""

    __tablename__ = "erased_address"
    __table_args__ = (Index("ix_erased_address_erased_at", "erased_at"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
