"""What of a lead becomes what when it is converted, as each workspace has set it."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A workspace without a row converts as the code begins."""
    op.create_table(
        "conversion_mapping",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("pairs", JSONB, nullable=False),
        sa.Column("same_keys", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_conversion_mapping"),
    )
    tenant_table(op, "conversion_mapping", service="core")


def downgrade() -> None:
    """Drops it."""
    op.drop_table("conversion_mapping")
