"""Tickets that open streams."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table, visible to its own workspace only."""
    op.create_table(
        "stream_ticket",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("claims", postgresql.JSONB, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_stream_ticket"),
    )
    op.create_index("ix_stream_ticket_expires_at", "stream_ticket", ["expires_at"])
    tenant_table(op, "stream_ticket", service="core")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("stream_ticket")
