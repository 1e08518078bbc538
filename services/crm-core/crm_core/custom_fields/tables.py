"""The `custom_field` table."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class CustomField(Base):
    """One field of one entity's cards. `name` is by language, `type` one of `TYPES`; values lie in the cards' `custom`
    under `key`. A field that is not active is no longer asked for, and its values stay."""

    __tablename__ = "custom_field"
    __table_args__ = (
        CheckConstraint("entity IN ('lead', 'contact', 'company', 'deal')", name="entity"),
        Index("uq_custom_field_key", "workspace_id", "entity", "key", unique=True),
        Index("ix_custom_field_position", "workspace_id", "position", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    entity: Mapped[str]
    key: Mapped[str]
    name: Mapped[dict[str, Any]]
    type: Mapped[str]
    choices: Mapped[list[str]]
    required: Mapped[bool]
    personal: Mapped[bool]
    position: Mapped[int]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
