"""Leads with their history and keys, inquiries, and whose turn it is."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.db import role_name
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)
TABLES = (
    "lead",
    "lead_transition",
    "match_key",
    "lead_key",
    "duplicate_suggestion",
    "inquiry",
    "assignment_turn",
    "assignment_explanation",
)
STATUSES = "'new', 'assigned', 'in_progress', 'qualified', 'converted', 'disqualified', 'postponed', 'merged'"
KIND = "kind IN ('phone', 'email', 'messenger')"


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only."""
    _trigrams()
    _lead()
    _lead_indexes()
    _history()
    _keys()
    _suggestions()
    _inquiry()
    _assignment()
    for table in TABLES:
        tenant_table(op, table, service="core")


def _trigrams() -> None:
    """Only who may create in the database may add an extension: the login, not the role that owns the tables."""
    op.execute("RESET ROLE")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(f"SET ROLE {role_name('core', 'owner')}")


def downgrade() -> None:
    """Drops the tables, those that refer to others first."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=f"fk_{table}_workspace_id_{column}",
    )


def _lead() -> None:
    op.create_table(
        "lead",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, status=sa.Text),
        *_filled(person=JSONB, search_name=sa.Text, phones=TEXTS, emails=TEXTS, messengers=JSONB),
        *_maybe(subject=sa.Text, message=sa.Text, product=sa.Text, region=sa.Text, language=sa.Text),
        *_maybe(source_id=sa.Uuid, channel=sa.Text, provider=sa.Text),
        *_filled(attribution=JSONB),
        *_maybe(budget_amount=sa.Numeric(18, 2), budget_currency=sa.Text),
        *_filled(qualification=JSONB, temperature=sa.Text, temperature_set=sa.Boolean),
        *_filled(score=sa.Integer, score_points=JSONB, completeness=sa.Double),
        *_maybe(owner_id=sa.Uuid, team_id=sa.Uuid),
        *_filled(owners=JSONB),
        *_maybe(contact_id=sa.Uuid, deal_id=sa.Uuid, loss_reason_id=sa.Uuid, loss_note=sa.Text, merged_into=sa.Uuid),
        *_maybe(postponed_until=TIME, respond_by=TIME, first_response_at=TIME),
        *_filled(inquiry_count=sa.Integer, repeat=sa.Boolean, custom=JSONB, tags=TEXTS, reached=JSONB, passages=JSONB),
        *_filled(occurred_at=TIME, moved_at=TIME, last_activity_at=TIME, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_lead"),
        _to("lead", "owner_id", "member"),
        _to("lead", "team_id", "team"),
        _to("lead", "contact_id", "contact"),
        _to("lead", "deal_id", "deal"),
        _to("lead", "loss_reason_id", "loss_reason"),
        _to("lead", "merged_into", "lead"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_lead_status"),
        sa.CheckConstraint("temperature IN ('cold', 'warm', 'hot')", name="ck_lead_temperature"),
        sa.CheckConstraint("status <> 'postponed' OR postponed_until IS NOT NULL", name="ck_lead_postponed_until_when"),
        sa.CheckConstraint("status <> 'converted' OR contact_id IS NOT NULL", name="ck_lead_converted_has_contact"),
    )


def _lead_indexes() -> None:
    for name, *columns in (
        ("created", "created_at", "id"),
        ("updated", "updated_at", "id"),
        ("score", "score", "id"),
        ("status", "status", "created_at", "id"),
        ("owner", "owner_id", "created_at", "id"),
        ("team", "team_id", "created_at", "id"),
        ("source", "source_id", "created_at", "id"),
        ("contact", "contact_id"),
    ):
        op.create_index(f"ix_lead_{name}", "lead", ["workspace_id", *columns])
    op.create_index(
        "ix_lead_postponed",
        "lead",
        ["workspace_id", "postponed_until"],
        postgresql_where=sa.text("status = 'postponed'"),
    )
    op.create_index(
        "ix_lead_search_name",
        "lead",
        ["search_name"],
        postgresql_using="gin",
        postgresql_ops={"search_name": "gin_trgm_ops"},
    )


def _history() -> None:
    op.create_table(
        "lead_transition",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, lead_id=sa.Uuid, action=sa.Text),
        *_maybe(from_status=sa.Text),
        *_filled(to_status=sa.Text, at=TIME, by=sa.Text),
        *_maybe(note=sa.Text),
        *_filled(data=JSONB),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_lead_transition"),
        _to("lead_transition", "lead_id", "lead"),
    )
    op.create_index("ix_lead_transition_lead", "lead_transition", ["workspace_id", "lead_id", "at", "id"])


def _keys() -> None:
    op.create_table(
        "match_key",
        *_filled(workspace_id=sa.Uuid, kind=sa.Text, value=sa.Text),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "value", name="pk_match_key"),
        sa.CheckConstraint(KIND, name="ck_match_key_kind"),
    )
    op.create_table(
        "lead_key",
        *_filled(workspace_id=sa.Uuid, kind=sa.Text, value=sa.Text, lead_id=sa.Uuid),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "value", "lead_id", name="pk_lead_key"),
        _to("lead_key", "lead_id", "lead"),
        sa.CheckConstraint(KIND, name="ck_lead_key_kind"),
    )
    op.create_index("ix_lead_key_lead", "lead_key", ["workspace_id", "lead_id"])


def _suggestions() -> None:
    op.create_table(
        "duplicate_suggestion",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, lead_id=sa.Uuid, other_id=sa.Uuid, score=sa.Double),
        *_filled(reason=sa.Text, status=sa.Text, created_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_duplicate_suggestion"),
        _to("duplicate_suggestion", "lead_id", "lead"),
        _to("duplicate_suggestion", "other_id", "lead"),
        sa.CheckConstraint("status IN ('open', 'dismissed', 'merged')", name="ck_duplicate_suggestion_status"),
        sa.CheckConstraint("lead_id < other_id", name="ck_duplicate_suggestion_ordered"),
    )
    op.create_index(
        "uq_duplicate_suggestion_pair", "duplicate_suggestion", ["workspace_id", "lead_id", "other_id"], unique=True
    )
    op.create_index("ix_duplicate_suggestion_other", "duplicate_suggestion", ["workspace_id", "other_id"])


def _inquiry() -> None:
    op.create_table(
        "inquiry",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, revision=sa.Integer, result=sa.Text),
        *_maybe(lead_id=sa.Uuid, contact_id=sa.Uuid, deal_id=sa.Uuid),
        *_filled(activity_id=sa.Uuid),
        *_maybe(source_id=sa.Uuid),
        *_filled(channel=sa.Text),
        *_maybe(provider=sa.Text, thread_id=sa.Text),
        *_filled(direct=sa.Boolean, body=JSONB),
        *_filled(occurred_at=TIME, received_at=TIME, recorded_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_inquiry"),
        _to("inquiry", "lead_id", "lead"),
        _to("inquiry", "contact_id", "contact"),
        _to("inquiry", "deal_id", "deal"),
        sa.CheckConstraint("result IN ('created', 'attached', 'reopened')", name="ck_inquiry_result"),
        sa.CheckConstraint("lead_id IS NOT NULL OR deal_id IS NOT NULL", name="ck_inquiry_on_something"),
    )
    op.create_index("ix_inquiry_lead", "inquiry", ["workspace_id", "lead_id", "occurred_at", "id"])
    op.create_index("ix_inquiry_deal", "inquiry", ["workspace_id", "deal_id", "occurred_at", "id"])
    op.create_index("ix_inquiry_recorded", "inquiry", ["workspace_id", "recorded_at", "id"])
    op.create_index(
        "ix_inquiry_thread",
        "inquiry",
        ["workspace_id", "thread_id"],
        postgresql_where=sa.text("thread_id IS NOT NULL"),
    )


def _assignment() -> None:
    op.create_table(
        "assignment_turn",
        *_filled(workspace_id=sa.Uuid, team_id=sa.Uuid, given=JSONB, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "team_id", name="pk_assignment_turn"),
        _to("assignment_turn", "team_id", "team"),
    )
    op.create_table(
        "assignment_explanation",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, lead_id=sa.Uuid, at=TIME, by=sa.Text),
        *_maybe(team_id=sa.Uuid, owner_id=sa.Uuid),
        *_filled(rules=JSONB),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_assignment_explanation"),
        _to("assignment_explanation", "lead_id", "lead"),
    )
    op.create_index("ix_assignment_explanation_lead", "assignment_explanation", ["workspace_id", "lead_id", "id"])
