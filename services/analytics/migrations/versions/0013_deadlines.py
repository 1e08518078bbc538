"""Deadlines of first responses as facts."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0013"
down_revision = "0012"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Filled by events from now on; a rebuild with facts reads those from before."""
    op.create_table(
        "fact_deadline",
        *(sa.Column(name, sa.Uuid, nullable=False) for name in ("workspace_id", "id")),
        sa.Column("version", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Uuid, nullable=False) for name in ("lead_id", "owner_id")),
        sa.Column("team_id", sa.Uuid, nullable=True),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("breach", sa.Text, nullable=True),
        sa.Column("set_at", TIME, nullable=False),
        *(sa.Column(name, TIME, nullable=True) for name in ("breached_at", "fulfilled_at")),
        *(sa.Column(name, sa.BigInteger, nullable=True) for name in ("worked_s", "lost_s")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_fact_deadline"),
    )
    op.create_index("ix_fact_deadline_set_at", "fact_deadline", ["workspace_id", "set_at"])
    tenant_table(op, "fact_deadline", service="analytics", app="SELECT")


def downgrade() -> None:
    """Drops it."""
    op.drop_table("fact_deadline")
