"""Tables `contact`, `contact_point` and `contact_lead`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import CUSTOM_IS_FILLED, EMPTY_OBJECT, HAS_TAGS, SMALL_PENDING, Base
from crm_core.finding.lexemes import lexemes


class Contact(Base):
    """A person with whom a relation is established; how to reach them lies in `contact_point`.
    `search_name` holds the names as they are sorted, `search_text` all words by which the contact is found."""

    __tablename__ = "contact"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "company_id"], ["company.workspace_id", "company.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        CheckConstraint("kind IN ('client', 'partner', 'supplier')", name="kind"),
        Index("ix_contact_created", "workspace_id", "created_at", "id"),
        Index("ix_contact_updated", "workspace_id", "updated_at", "id"),
        Index("ix_contact_owner", "workspace_id", "owner_id", "created_at"),
        Index("ix_contact_company", "workspace_id", "company_id"),
        Index("ix_contact_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_contact_team", "workspace_id", "team_id", "created_at", "id"),
        Index("ix_contact_kind", "workspace_id", "kind", "created_at", "id"),
        Index("ix_contact_name", "workspace_id", "search_name", "id"),
        Index("ix_contact_tags", "workspace_id", "tags", postgresql_using="gin"),
        Index("ix_contact_tagged", "workspace_id", "id", postgresql_where=HAS_TAGS),
        Index(
            "ix_contact_custom", "workspace_id", "custom", postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"}, postgresql_where=CUSTOM_IS_FILLED,
        ),
        Index(
            "ix_contact_search", "workspace_id", "search_text",
            postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}, postgresql_with=SMALL_PENDING,
        ),
        Index("ix_contact_words", text(lexemes()), postgresql_using="gin", postgresql_with=SMALL_PENDING),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    person: Mapped[dict[str, Any]]
    search_name: Mapped[str]
    search_text: Mapped[str]
    company_id: Mapped[UUID | None]
    position: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    addresses: Mapped[list[dict[str, Any]]]
    legal: Mapped[dict[str, Any]]
    custom: Mapped[dict[str, Any]]
    custom_told: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY_OBJECT)
    tags: Mapped[list[str]]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactPoint(Base):
    """One way to reach a contact, normalised so that equal means same: E.164, lower-case e-mail, `network:id`."""

    __tablename__ = "contact_point"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        CheckConstraint("kind IN ('phone', 'email', 'messenger')", name="kind"),
        Index("ix_contact_point_value", "workspace_id", "kind", "value"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    preferred: Mapped[bool]


class ContactLead(Base):
    """Which leads became, or belong to, a contact."""

    __tablename__ = "contact_lead"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        Index("ix_contact_lead_lead", "workspace_id", "lead_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
