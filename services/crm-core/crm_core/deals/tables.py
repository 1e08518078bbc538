"""Tables `deal` and `stage_change`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, Numeric, func, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import (
    CUSTOM_IS_FILLED,
    EMPTY_LIST,
    EMPTY_OBJECT,
    HAS_TAGS,
    KEPT_APART,
    SMALL_PENDING,
    Base,
    never_null,
)
from crm_core.finding.lexemes import lexemes

NO_NEXT_STEP = "next_step_at IS NULL AND status = 'open'"


class Deal(Base):
    """What may be sold. `reached` has the first time of each stage and end, `passages` how often each was entered;
    both are keyed by stage id, `won` and `lost`, and survive reopening, as does `owners`. `next_step_at` is when the
    first open activity on it is due. With `lines` the `amount` is their sum."""

    __tablename__ = "deal"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "contact_id"], ["contact.workspace_id", "contact.id"]),
        ForeignKeyConstraint(["workspace_id", "company_id"], ["company.workspace_id", "company.id"]),
        ForeignKeyConstraint(["workspace_id", "pipeline_id"], ["pipeline.workspace_id", "pipeline.id"]),
        ForeignKeyConstraint(["workspace_id", "stage_id"], ["stage.workspace_id", "stage.id"]),
        ForeignKeyConstraint(["workspace_id", "owner_id"], ["member.workspace_id", "member.id"]),
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.id"]),
        ForeignKeyConstraint(["workspace_id", "loss_reason_id"], ["loss_reason.workspace_id", "loss_reason.id"]),
        CheckConstraint("status IN ('open', 'won', 'lost')", name="status"),
        CheckConstraint("status <> 'won' OR amount IS NOT NULL", name="won_has_amount"),
        CheckConstraint("status <> 'lost' OR lost_at IS NOT NULL", name="lost_has_time"),
        Index("ix_deal_created", "workspace_id", "created_at", "id"),
        Index("ix_deal_updated", "workspace_id", "updated_at", "id"),
        Index("ix_deal_owner", "workspace_id", "owner_id", "created_at"),
        Index("ix_deal_status", "workspace_id", "status", "created_at"),
        Index("ix_deal_stage", "workspace_id", "stage_id", "created_at"),
        Index("ix_deal_contact", "workspace_id", "contact_id"),
        Index("ix_deal_company", "workspace_id", "company_id"),
        Index("ix_deal_lead", "workspace_id", "lead_id"),
        Index("ix_deal_pipeline", "workspace_id", "pipeline_id", "created_at", "id"),
        Index("ix_deal_team", "workspace_id", "team_id", "created_at", "id"),
        Index("ix_deal_name", "workspace_id", "name", "id"),
        Index("ix_deal_entered_stage", "workspace_id", "entered_stage_at", "id"),
        Index(
            "ix_deal_rotting", "workspace_id", "stage_id", "entered_stage_at", postgresql_where=text("status = 'open'")
        ),
        Index("ix_deal_no_next_step", "workspace_id", "created_at", "id", postgresql_where=text(NO_NEXT_STEP)),
        Index("ix_deal_tags", "workspace_id", "tags", postgresql_using="gin"),
        Index("ix_deal_tagged", "workspace_id", "id", postgresql_where=HAS_TAGS),
        Index(
            "ix_deal_custom", "workspace_id", "custom", postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"}, postgresql_where=CUSTOM_IS_FILLED,
        ),
        Index(
            "ix_deal_search", "workspace_id", "search_text",
            postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}, postgresql_with=SMALL_PENDING,
        ),
        Index("ix_deal_words", text(lexemes()), postgresql_using="gin", postgresql_with=SMALL_PENDING),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    search_text: Mapped[str]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    pipeline_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    status: Mapped[str]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str]
    probability: Mapped[float] = mapped_column(Double())
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    expected_close: Mapped[date | None]
    entered_stage_at: Mapped[datetime]
    next_step_at: Mapped[datetime | None] = mapped_column(info=KEPT_APART)
    won_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    loss_reason_id: Mapped[UUID | None]
    loss_note: Mapped[str | None]
    reached: Mapped[dict[str, str]]
    passages: Mapped[dict[str, int]]
    owners: Mapped[list[dict[str, Any]]]
    custom: Mapped[dict[str, Any]]
    custom_told: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY_OBJECT)
    tags: Mapped[list[str]]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(server_default=EMPTY_LIST)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


EXPECTED_CLOSE = func.coalesce(Deal.expected_close, text("CAST('infinity' AS date)"))
"""Of a date the driver writes Python's last one, 9999-12-31, as infinity: then a cursor finds its place again."""
AMOUNT = func.coalesce(Deal.amount, text("0"))
NEXT_STEP_AT = never_null(Deal.next_step_at)

Index("ix_deal_expected_close", Deal.workspace_id, EXPECTED_CLOSE, Deal.id)
Index("ix_deal_amount", Deal.workspace_id, AMOUNT, Deal.id)
Index("ix_deal_next_step", Deal.workspace_id, NEXT_STEP_AT, Deal.id)


class StageChange(Base):
    """One passage of a deal into a stage or end; `seconds_before` is how long it had been where it came from."""

    __tablename__ = "stage_change"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "deal_id"], ["deal.workspace_id", "deal.id"]),
        CheckConstraint("to_status IN ('open', 'won', 'lost')", name="to_status"),
        Index("ix_stage_change_deal", "workspace_id", "deal_id", "at", "id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    at: Mapped[datetime]
    by: Mapped[str]
    from_stage_id: Mapped[UUID | None]
    to_stage_id: Mapped[UUID]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    seconds_before: Mapped[int | None]
    note: Mapped[str | None]
