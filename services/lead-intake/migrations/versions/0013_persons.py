"""By what the submissions of an erased person are found."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds the table with its row-level security."""
    op.create_table(
        "submission_person",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Uuid, nullable=False),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "person", "submission_id", name="pk_submission_person"),
    )
    tenant_table(op, "submission_person", service="intake")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("submission_person")
