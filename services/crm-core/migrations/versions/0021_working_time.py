"""Rotas, days off and pauses of users, and holidays of workspaces."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nobody has days off or is paused until somebody says so."""
    op.add_column("member", sa.Column("rota", JSONB, nullable=True))
    op.add_column("member", sa.Column("days_off", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")))
    op.add_column("member", sa.Column("paused_since", TIME, nullable=True))
    op.add_column("member", sa.Column("paused_until", TIME, nullable=True))
    op.add_column("member", sa.Column("pause_reason", sa.Text, nullable=True))
    op.create_table(
        "holiday",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_holiday"),
    )
    op.create_index("uq_holiday_day", "holiday", ["workspace_id", "day"], unique=True)
    tenant_table(op, "holiday", service="core")


def downgrade() -> None:
    """Drops them."""
    op.drop_table("holiday")
    for column in ("pause_reason", "paused_until", "paused_since", "days_off", "rota"):
        op.drop_column("member", column)
