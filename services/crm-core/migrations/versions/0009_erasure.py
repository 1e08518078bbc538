"""Erasure of persons."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only; nobody changes what was noted of an erasure."""
    op.create_table(
        "erasure",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("contact_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("lead_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("deal_ids", ARRAY(sa.Uuid), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_at", "erasure", ["workspace_id", "at", "id"])
    op.create_table(
        "erased_address",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("erased_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "hash", name="pk_erased_address"),
    )
    op.create_index("ix_erased_address_erased_at", "erased_address", ["erased_at"])
    tenant_table(op, "erasure", service="core", app="SELECT, INSERT")
    tenant_table(op, "erased_address", service="core", app="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drops them."""
    op.drop_table("erased_address")
    op.drop_table("erasure")
