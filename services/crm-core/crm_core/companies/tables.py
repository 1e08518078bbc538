"""Table `company`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import CUSTOM_IS_FILLED, HAS_TAGS, SMALL_PENDING, Base
from crm_core.finding.lexemes import lexemes


class Company(Base):
    """An organisation; `name_key` is the name as two spellings of it are compared, the tax number identifies it."""

    __tablename__ = "company"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        Index("ix_company_created", "workspace_id", "created_at", "id"),
        Index("ix_company_updated", "workspace_id", "updated_at", "id"),
        Index("ix_company_name_key", "workspace_id", "name_key"),
        Index("ix_company_tax_number", "workspace_id", "tax_number"),
        Index("ix_company_owner", "workspace_id", "owner_id"),
        Index("ix_company_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_company_tags", "workspace_id", "tags", postgresql_using="gin"),
        Index("ix_company_tagged", "workspace_id", "id", postgresql_where=HAS_TAGS),
        Index(
            "ix_company_custom", "workspace_id", "custom", postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"}, postgresql_where=CUSTOM_IS_FILLED,
        ),
        Index(
            "ix_company_search", "workspace_id", "search_text",
            postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}, postgresql_with=SMALL_PENDING,
        ),
        Index("ix_company_words", text(lexemes()), postgresql_using="gin", postgresql_with=SMALL_PENDING),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    name_key: Mapped[str]
    search_text: Mapped[str]
    tax_number: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]
    phones: Mapped[list[str]]
    emails: Mapped[list[str]]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    legal: Mapped[dict[str, Any]]
    custom: Mapped[dict[str, Any]]
    tags: Mapped[list[str]]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
