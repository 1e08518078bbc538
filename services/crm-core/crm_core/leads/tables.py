"""Tables `lead`, `lead_transition`, `match_key` and `lead_key`."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import CUSTOM_IS_FILLED, EMPTY_OBJECT, HAS_TAGS, KEPT_APART, SMALL_PENDING, Base, never_null
from crm_core.finding.lexemes import lexemes

KIND_OF_KEY = "kind IN ('phone', 'email', 'messenger')"
STATUSES = "'new', 'assigned', 'in_progress', 'qualified', 'converted', 'disqualified', 'postponed', 'merged'"

IS_OPEN = "status IN ('new', 'assigned', 'in_progress', 'qualified')"
NO_NEXT_STEP = f"next_step_at IS NULL AND {IS_OPEN}"
IS_WAITING = "owner_id IS NULL AND status IN ('new', 'assigned')"
IS_UNANSWERED = f"respond_by IS NOT NULL AND first_response_at IS NULL AND {IS_OPEN}"
IS_OWNED_AND_OPEN = f"owner_id IS NOT NULL AND {IS_OPEN}"


class Lead(Base):
    """One attempt to win one person. `reached` has the first time of each status for ever, `passages` how often each
    was entered, `owners` everyone who had it; `moved_at` is the last change of status that somebody made (not a rule),
    `search_name` the names as they are sorted, `search_text` all words by which it is found, `next_step_at` when the
    first open activity on it is due. `temperature_set`: a person overrode what the score says."""

    __tablename__ = "lead"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        ForeignKeyConstraint(["workspace_id", "deal_id"], ["deal.workspace_id", "deal.id"]),
        ForeignKeyConstraint(["workspace_id", "loss_reason_id"], ["loss_reason.workspace_id", "loss_reason.id"]),
        ForeignKeyConstraint(["workspace_id", "merged_into"], ["lead.workspace_id", "lead.id"]),
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint("temperature IN ('cold', 'warm', 'hot')", name="temperature"),
        CheckConstraint("status <> 'postponed' OR postponed_until IS NOT NULL", name="postponed_until_when"),
        CheckConstraint("status <> 'converted' OR contact_id IS NOT NULL", name="converted_has_contact"),
        Index("ix_lead_created", "workspace_id", "created_at", "id"),
        Index("ix_lead_updated", "workspace_id", "updated_at", "id"),
        Index("ix_lead_last_activity", "workspace_id", "last_activity_at", "id"),
        Index("ix_lead_score", "workspace_id", "score", "id"),
        Index("ix_lead_name", "workspace_id", "search_name", "id"),
        Index("ix_lead_status", "workspace_id", "status", "created_at", "id"),
        Index("ix_lead_owner", "workspace_id", "owner_id", "created_at", "id"),
        Index("ix_lead_open_owner", "workspace_id", "owner_id", postgresql_where=text(IS_OWNED_AND_OPEN)),
        Index("ix_lead_waiting", "workspace_id", "id", postgresql_where=text(IS_WAITING)),
        Index("ix_lead_unanswered", "workspace_id", "respond_by", "id", postgresql_where=text(IS_UNANSWERED)),
        Index("ix_lead_team", "workspace_id", "team_id", "created_at", "id"),
        Index("ix_lead_source", "workspace_id", "source_id", "created_at", "id"),
        Index("ix_lead_channel", "workspace_id", "channel", "created_at", "id"),
        Index("ix_lead_temperature", "workspace_id", "temperature", "created_at", "id"),
        Index(
            "ix_lead_product", "workspace_id", "product", "created_at", "id",
            postgresql_where=text("product IS NOT NULL"),
        ),
        Index(
            "ix_lead_loss_reason", "workspace_id", "loss_reason_id", "created_at", "id",
            postgresql_where=text("loss_reason_id IS NOT NULL"),
        ),
        Index(
            "ix_lead_budget", "workspace_id", "budget_amount", "id", postgresql_where=text("budget_amount IS NOT NULL")
        ),
        Index("ix_lead_deal", "workspace_id", "deal_id", postgresql_where=text("deal_id IS NOT NULL")),
        Index("ix_lead_no_next_step", "workspace_id", "created_at", "id", postgresql_where=text(NO_NEXT_STEP)),
        Index("ix_lead_contact", "workspace_id", "contact_id"),
        Index("ix_lead_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_lead_postponed", "workspace_id", "postponed_until", postgresql_where=text("status = 'postponed'")),
        Index("ix_lead_tags", "workspace_id", "tags", postgresql_using="gin"),
        Index("ix_lead_tagged", "workspace_id", "id", postgresql_where=HAS_TAGS),
        Index(
            "ix_lead_custom", "workspace_id", "custom", postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"}, postgresql_where=CUSTOM_IS_FILLED,
        ),
        Index(
            "ix_lead_search", "workspace_id", "search_text",
            postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}, postgresql_with=SMALL_PENDING,
        ),
        Index("ix_lead_words", text(lexemes()), postgresql_using="gin", postgresql_with=SMALL_PENDING),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    person: Mapped[dict[str, Any]]
    search_name: Mapped[str]
    search_text: Mapped[str]
    phones: Mapped[list[str]]
    emails: Mapped[list[str]]
    messengers: Mapped[list[dict[str, Any]]]
    subject: Mapped[str | None]
    message: Mapped[str | None]
    product: Mapped[str | None]
    region: Mapped[str | None]
    language: Mapped[str | None]
    source_id: Mapped[UUID | None]
    channel: Mapped[str | None]
    provider: Mapped[str | None]
    attribution: Mapped[dict[str, Any]]
    budget_amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    budget_currency: Mapped[str | None]
    qualification: Mapped[dict[str, Any]]
    behaviour: Mapped[dict[str, int]] = mapped_column(server_default=EMPTY_OBJECT)
    temperature: Mapped[str]
    temperature_set: Mapped[bool]
    score: Mapped[int]
    score_points: Mapped[list[dict[str, Any]]]
    completeness: Mapped[float] = mapped_column(Double())
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    owners: Mapped[list[dict[str, Any]]]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    loss_reason_id: Mapped[UUID | None]
    loss_note: Mapped[str | None]
    merged_into: Mapped[UUID | None]
    postponed_until: Mapped[datetime | None]
    next_step_at: Mapped[datetime | None] = mapped_column(info=KEPT_APART)
    respond_by: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    inquiry_count: Mapped[int]
    repeat: Mapped[bool]
    custom: Mapped[dict[str, Any]]
    custom_told: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY_OBJECT)
    tags: Mapped[list[str]]
    reached: Mapped[dict[str, str]]
    passages: Mapped[dict[str, int]]
    occurred_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def touched(name: str) -> ColumnElement[str | None]:
    """A UTM value of the last touch, else of the first, as it stands in the attribution."""
    last, first = (
        literal_column(f"(lead.attribution -> '{touch}') ->> '{name}'", Text()) for touch in ("last", "first")
    )
    return func.coalesce(last, first)


SOURCE, CAMPAIGN = touched("source"), touched("campaign")
RESPOND_BY, NEXT_STEP_AT = never_null(Lead.respond_by), never_null(Lead.next_step_at)

Index("ix_lead_utm_source", Lead.workspace_id, SOURCE, Lead.created_at, Lead.id)
Index("ix_lead_utm_campaign", Lead.workspace_id, CAMPAIGN, Lead.created_at, Lead.id)
Index("ix_lead_respond_by", Lead.workspace_id, RESPOND_BY, Lead.id)
Index("ix_lead_next_step", Lead.workspace_id, NEXT_STEP_AT, Lead.id)


class LeadTransition(Base):
    """One step of a lead's life; `at` is when it happened, the id says when it was written down."""

    __tablename__ = "lead_transition"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        Index("ix_lead_transition_lead", "workspace_id", "lead_id", "at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    action: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    note: Mapped[str | None]
    data: Mapped[dict[str, Any]]


class MatchKey(Base):
    """A phone, e-mail or messenger address that ever inquired: the row whose lock makes inquiries of one person wait
    for each other, also before that person has any lead."""

    __tablename__ = "match_key"
    __table_args__ = (CheckConstraint(KIND_OF_KEY, name="kind"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class LeadKey(Base):
    """Which leads a phone, e-mail or messenger address belongs to."""

    __tablename__ = "lead_key"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"]),
        CheckConstraint(KIND_OF_KEY, name="kind"),
        Index("ix_lead_key_lead", "workspace_id", "lead_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
