"""Simulations of assignment, and who would get each lead in them."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """New tables only."""
    op.create_table(
        "simulation",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("drafted", sa.Boolean, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("condition", JSONB, nullable=True),
        *(sa.Column(name, TIME, nullable=False) for name in ("occurred_from", "occurred_to")),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("leads_total", "leads_done")),
        *(sa.Column(name, JSONB, nullable=False) for name in ("turns", "tally")),
        sa.Column("result", JSONB, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_simulation"),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'failed')", name="ck_simulation_status"),
    )
    op.create_index("ix_simulation_created", "simulation", ["workspace_id", "created_at", "id"])
    in_work = sa.text("status IN ('waiting', 'running')")
    op.create_index("ix_simulation_due", "simulation", ["created_at", "id"], postgresql_where=in_work)
    finished = sa.text("finished_at IS NOT NULL")
    op.create_index("ix_simulation_finished", "simulation", ["finished_at"], postgresql_where=finished)
    op.create_table(
        "simulated_lead",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("simulation_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        *(sa.Column(name, sa.Uuid, nullable=True) for name in ("was_owner_id", "owner_id", "rule_id")),
        sa.PrimaryKeyConstraint("workspace_id", "simulation_id", "place", name="pk_simulated_lead"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "simulation_id"],
            ["simulation.workspace_id", "simulation.id"],
            name="fk_simulated_lead_workspace_id_simulation",
        ),
    )
    for table in ("simulation", "simulated_lead"):
        tenant_table(op, table, service="core")


def downgrade() -> None:
    """Drops them."""
    op.drop_table("simulated_lead")
    op.drop_table("simulation")
