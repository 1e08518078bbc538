"""Rules of assignment as data, one lock a workspace for whoever gives out leads, and counts by rule."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OPEN = "owner_id IS NOT NULL AND status IN ('new', 'assigned', 'in_progress', 'qualified')"


def upgrade() -> None:
    """Turns of teams keep their counts: a team's id goes on naming its turn."""
    op.create_table(
        "assignment_rule",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text),
        sa.Column("condition", JSONB, nullable=True),
        *_filled(pool=JSONB, strategy=sa.Text, weights=JSONB, limits=ARRAY(sa.Text), fallback=sa.Text),
        sa.Column("response", JSONB, nullable=True),
        *_filled(position=sa.Integer, active=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_assignment_rule"),
        sa.CheckConstraint(
            "strategy IN ('round_robin', 'weighted', 'least_open', 'best_fit', 'sticky')",
            name="ck_assignment_rule_strategy",
        ),
        sa.CheckConstraint("fallback IN ('next_rule', 'queue', 'head')", name="ck_assignment_rule_fallback"),
    )
    op.create_index("ix_assignment_rule_position", "assignment_rule", ["workspace_id", "position", "id"])
    op.create_table(
        "assignment_setting",
        *_filled(workspace_id=sa.Uuid, revision=sa.Integer, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_assignment_setting"),
    )
    for table in ("assignment_rule", "assignment_setting"):
        tenant_table(op, table, service="core")
    op.drop_constraint("fk_assignment_turn_workspace_id_team_id", "assignment_turn", type_="foreignkey")
    op.alter_column("assignment_turn", "team_id", new_column_name="turn_id")
    op.create_index(
        "ix_assignment_explanation_owner",
        "assignment_explanation",
        ["workspace_id", "owner_id", "at"],
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index("ix_lead_open_owner", "lead", ["workspace_id", "owner_id"], postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    """Turns of rules are forgotten with them."""
    op.drop_index("ix_lead_open_owner", "lead")
    op.drop_index("ix_assignment_explanation_owner", "assignment_explanation")
    op.execute("DELETE FROM assignment_turn WHERE NOT EXISTS (SELECT FROM team WHERE team.id = turn_id)")
    op.alter_column("assignment_turn", "turn_id", new_column_name="team_id")
    op.create_foreign_key(
        "fk_assignment_turn_workspace_id_team_id",
        "assignment_turn",
        "team",
        ["workspace_id", "team_id"],
        ["workspace_id", "id"],
    )
    for table in ("assignment_setting", "assignment_rule"):
        op.drop_table(table)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]
