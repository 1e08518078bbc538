"""What is asked of providers' APIs in vain, and when it is asked again."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the table, with its row-level security."""
    op.create_table(
        "pending_fetch",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", TIME, nullable=False),
        sa.Column("last_failure", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "submission_id", name="pk_pending_fetch"),
    )
    op.create_index("ix_pending_fetch_retry_at", "pending_fetch", ["retry_at"])
    tenant_table(op, "pending_fetch", service="intake")
