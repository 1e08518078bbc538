"""Saved views, exports with their files, and budgets as a filter."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only."""
    _saved_view()
    _export()
    for table in ("saved_view", "export", "export_part"):
        tenant_table(op, table, service="core")
    there = sa.text("budget_amount IS NOT NULL")
    op.create_index("ix_lead_budget", "lead", ["workspace_id", "budget_amount", "id"], postgresql_where=there)


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_lead_budget", "lead")
    for table in ("export_part", "export", "saved_view"):
        op.drop_table(table)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def _saved_view() -> None:
    op.create_table(
        "saved_view",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text, entity=sa.Text),
        *_maybe(condition=JSONB, q=sa.Text, sort=sa.Text),
        *_filled(columns=TEXTS, shared=sa.Text),
        *_maybe(team_id=sa.Uuid),
        *_filled(created_by=sa.Text, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_saved_view"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "team_id"], ["team.workspace_id", "team.id"], name="fk_saved_view_workspace_id_team_id"
        ),
        sa.CheckConstraint("shared IN ('nobody', 'team', 'all')", name="ck_saved_view_shared"),
        sa.CheckConstraint("shared <> 'team' OR team_id IS NOT NULL", name="ck_saved_view_shared_with_a_team"),
    )
    op.create_index("ix_saved_view_name", "saved_view", ["workspace_id", "name", "id"])


def _export() -> None:
    op.create_table(
        "export",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, entity=sa.Text, format=sa.Text, delimiter=sa.Text),
        *_maybe(condition=JSONB, q=sa.Text, sort=sa.Text),
        *_filled(columns=TEXTS, caller=JSONB, created_by=sa.Text, status=sa.Text),
        *_maybe(error=sa.Text),
        *_filled(rows_done=sa.Integer),
        *_maybe(rows_total=sa.Integer),
        *_filled(bytes=sa.Integer, created_at=TIME),
        *_maybe(finished_at=TIME, expires_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_export"),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name="ck_export_format"),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'expired')", name="ck_export_status"),
    )
    op.create_index("ix_export_created", "export", ["workspace_id", "created_at", "id"])
    unfinished, done = sa.text("status IN ('waiting', 'running')"), sa.text("status = 'done'")
    op.create_index("ix_export_due", "export", ["created_at", "id"], postgresql_where=unfinished)
    op.create_index("ix_export_expires", "export", ["expires_at"], postgresql_where=done)
    op.create_table(
        "export_part",
        *_filled(workspace_id=sa.Uuid, export_id=sa.Uuid, number=sa.Integer, content=sa.LargeBinary),
        sa.PrimaryKeyConstraint("workspace_id", "export_id", "number", name="pk_export_part"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "export_id"],
            ["export.workspace_id", "export.id"],
            name="fk_export_part_workspace_id_export_id",
        ),
    )
