"""Duplicates of any kind, merges with where each value came from, and companies that were merged."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SUGGESTION = "duplicate_suggestion"
LEAD_KEYS = ("fk_duplicate_suggestion_workspace_id_lead_id", "fk_duplicate_suggestion_workspace_id_other_id")


def upgrade() -> None:
    """Suggestions are of leads until now; the tables are visible to their own workspace only."""
    _suggestions()
    op.create_table(
        "duplicate_scan",
        *_filled(workspace_id=sa.Uuid, entity=sa.Text, created_at=TIME, last_id=sa.Uuid),
        sa.PrimaryKeyConstraint("workspace_id", "entity", name="pk_duplicate_scan"),
    )
    _merges()
    for table in ("duplicate_scan", "merge", "merge_value"):
        tenant_table(op, table, service="core")
    op.add_column("company", sa.Column("merged_into", sa.Uuid, nullable=True))
    for table in ("lead", "company", "contact"):
        there = sa.text("merged_into IS NOT NULL")
        op.create_index(f"ix_{table}_merged", table, ["workspace_id", "merged_into"], postgresql_where=there)


def downgrade() -> None:
    """Suggestions about others than leads are lost."""
    for table in ("lead", "company", "contact"):
        op.drop_index(f"ix_{table}_merged", table)
    op.drop_column("company", "merged_into")
    for table in ("merge_value", "merge", "duplicate_scan"):
        op.drop_table(table)
    op.drop_index("ix_duplicate_suggestion_score", SUGGESTION)
    op.drop_index("ix_duplicate_suggestion_other", SUGGESTION)
    op.drop_index("uq_duplicate_suggestion_pair", SUGGESTION)
    op.execute("DELETE FROM duplicate_suggestion WHERE entity <> 'lead'")
    for column in ("decided_at", "decided_by", "signs", "entity"):
        op.drop_column(SUGGESTION, column)
    op.alter_column(SUGGESTION, "one_id", new_column_name="lead_id")
    for name, column in zip(LEAD_KEYS, ("lead_id", "other_id"), strict=True):
        op.create_foreign_key(name, SUGGESTION, "lead", ["workspace_id", column], ["workspace_id", "id"])
    op.create_index("ix_duplicate_suggestion_other", SUGGESTION, ["workspace_id", "other_id"])
    op.create_index("uq_duplicate_suggestion_pair", SUGGESTION, ["workspace_id", "lead_id", "other_id"], unique=True)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def _suggestions() -> None:
    for name in LEAD_KEYS:
        op.drop_constraint(name, SUGGESTION)
    op.drop_index("uq_duplicate_suggestion_pair", SUGGESTION)
    op.drop_index("ix_duplicate_suggestion_other", SUGGESTION)
    op.alter_column(SUGGESTION, "lead_id", new_column_name="one_id")
    op.add_column(SUGGESTION, sa.Column("entity", sa.Text, nullable=False, server_default="lead"))
    op.add_column(SUGGESTION, sa.Column("signs", JSONB, nullable=False, server_default="[]"))
    for column in ("entity", "signs"):
        op.alter_column(SUGGESTION, column, server_default=None)
    for column in _maybe(decided_by=sa.Text, decided_at=TIME):
        op.add_column(SUGGESTION, column)
    op.create_check_constraint("ck_duplicate_suggestion_entity", SUGGESTION, "entity IN ('lead', 'contact', 'company')")
    op.create_index(
        "uq_duplicate_suggestion_pair", SUGGESTION, ["workspace_id", "entity", "one_id", "other_id"], unique=True
    )
    op.create_index("ix_duplicate_suggestion_other", SUGGESTION, ["workspace_id", "entity", "other_id"])
    op.create_index("ix_duplicate_suggestion_score", SUGGESTION, ["workspace_id", "status", "score", "id"])


def _merges() -> None:
    op.create_table(
        "merge",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, entity=sa.Text, from_id=sa.Uuid, into_id=sa.Uuid),
        *_filled(moved=JSONB, before=JSONB),
        *_maybe(note=sa.Text),
        *_filled(by=sa.Text, at=TIME),
        *_maybe(undone_by=sa.Text, undone_at=TIME, sealed=sa.Text),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_merge"),
        sa.CheckConstraint("entity IN ('lead', 'contact', 'company')", name="ck_merge_entity"),
        sa.CheckConstraint("from_id <> into_id", name="ck_merge_two"),
    )
    op.create_index("ix_merge_created", "merge", ["workspace_id", "at", "id"])
    op.create_index("ix_merge_into", "merge", ["workspace_id", "into_id"])
    op.create_index("ix_merge_from", "merge", ["workspace_id", "from_id"])
    op.create_table(
        "merge_value",
        *_filled(workspace_id=sa.Uuid, merge_id=sa.Uuid, position=sa.Integer, field=sa.Text, source=sa.Text),
        *_filled(value=JSONB),
        *_maybe(other=JSONB),
        sa.PrimaryKeyConstraint("workspace_id", "merge_id", "position", name="pk_merge_value"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "merge_id"],
            ["merge.workspace_id", "merge.id"],
            name="fk_merge_value_workspace_id_merge_id",
        ),
        sa.CheckConstraint("source IN ('into', 'from', 'both')", name="ck_merge_value_source"),
    )
