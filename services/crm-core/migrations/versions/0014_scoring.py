"""Scoring rules, questions of qualification and thresholds as data, and how people behaved on their leads."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A workspace gets the default rules when it first asks for them; until then they are the code's."""
    op.create_table(
        "scoring_rule",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text, points=sa.Integer),
        *_maybe(condition=JSONB, per=sa.Text, at_most=sa.Integer),
        *_filled(beyond=sa.Integer, position=sa.Integer, active=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_scoring_rule"),
    )
    op.create_index("ix_scoring_rule_position", "scoring_rule", ["workspace_id", "position", "id"])
    op.create_table(
        "qualification_question",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, key=sa.Text, name=sa.Text, type=sa.Text),
        *_filled(points=sa.Integer, choices=JSONB, position=sa.Integer, active=sa.Boolean),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_qualification_question"),
        sa.CheckConstraint("type IN ('bool', 'choice', 'number', 'text')", name="ck_qualification_question_type"),
    )
    op.create_index("uq_qualification_question_key", "qualification_question", ["workspace_id", "key"], unique=True)
    op.create_table(
        "scoring_setting",
        *_filled(workspace_id=sa.Uuid, version=sa.Integer, warm_from=sa.Integer, hot_from=sa.Integer),
        *_filled(revision=sa.Integer, begun_at=TIME),
        *_maybe(scored_to=sa.Uuid),
        *_filled(scored=sa.Integer),
        *_maybe(finished_at=TIME),
        *_filled(updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_scoring_setting"),
    )
    for table in ("scoring_rule", "qualification_question", "scoring_setting"):
        tenant_table(op, table, service="core")
    op.add_column("lead", sa.Column("behaviour", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("lead", "behaviour")
    for table in ("scoring_setting", "qualification_question", "scoring_rule"):
        op.drop_table(table)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]
