"""Redistributions, and what became of each lead in them."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
STATUSES = "status IN ('waiting', 'running', 'done', 'undoing', 'undone', 'failed')"
RESULTS = "result IN ('moved', 'stayed', 'put_back', 'kept')"


def upgrade() -> None:
    """New tables only."""
    op.create_table(
        "redistribution",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=True),
        sa.Column("team_id", sa.Uuid, nullable=True),
        sa.Column("condition", JSONB, nullable=True),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("after", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("leads_total", "leads_done", "moved", "put_back")),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_redistribution"),
        sa.CheckConstraint(STATUSES, name="ck_redistribution_status"),
    )
    op.create_index("ix_redistribution_created", "redistribution", ["workspace_id", "created_at", "id"])
    in_work = sa.text("status IN ('waiting', 'running', 'undoing')")
    op.create_index("ix_redistribution_due", "redistribution", ["created_at", "id"], postgresql_where=in_work)
    op.create_table(
        "redistributed_lead",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("redistribution_id", sa.Uuid, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Uuid, nullable=True) for name in ("from_owner_id", "from_team_id", "to_owner_id")),
        sa.Column("result", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "redistribution_id", "lead_id", name="pk_redistributed_lead"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "redistribution_id"],
            ["redistribution.workspace_id", "redistribution.id"],
            name="fk_redistributed_lead_workspace_id_redistribution_id",
        ),
        sa.CheckConstraint(RESULTS, name="ck_redistributed_lead_result"),
    )
    op.create_index("ix_redistributed_lead_lead", "redistributed_lead", ["workspace_id", "lead_id"])
    for table in ("redistribution", "redistributed_lead"):
        tenant_table(op, table, service="core")


def downgrade() -> None:
    """Drops them."""
    op.drop_table("redistributed_lead")
    op.drop_table("redistribution")
