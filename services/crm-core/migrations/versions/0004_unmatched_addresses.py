"""Addresses that never match."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table, visible to its own workspace only."""
    op.create_table(
        "unmatched_address",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "value", "reason")),
        sa.Column("note", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_unmatched_address"),
        sa.CheckConstraint("kind IN ('phone', 'email', 'messenger')", name="ck_unmatched_address_kind"),
        sa.CheckConstraint("reason IN ('own', 'blocked', 'shared')", name="ck_unmatched_address_reason"),
    )
    op.create_index("uq_unmatched_address_value", "unmatched_address", ["workspace_id", "kind", "value"], unique=True)
    tenant_table(op, "unmatched_address", service="core")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("unmatched_address")
