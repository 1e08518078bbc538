"""Called numbers and the version of all of a workspace's numbers."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only."""
    op.create_table(
        "number",
        *(sa.Column(name, sa.Uuid, nullable=False) for name in ("workspace_id", "id")),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("number", "folded")),
        sa.Column("source_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("attribution", JSONB),
        *(sa.Column(name, TIME) for name in ("valid_from", "valid_to")),
        *(sa.Column(name, TIME, nullable=False) for name in ("created_at", "updated_at")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_number"),
        sa.CheckConstraint("kind IN ('static', 'dynamic')", name="ck_number_kind"),
        sa.CheckConstraint("valid_from < valid_to", name="ck_number_valid"),
    )
    op.create_index("ix_number_workspace_id_folded", "number", ["workspace_id", "folded"])
    op.create_index("ix_number_workspace_id_created_at_id", "number", ["workspace_id", "created_at", "id"])
    tenant_table(op, "number", service="intake")
    op.create_table(
        "number_plan",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_number_plan"),
    )
    tenant_table(op, "number_plan", service="intake")


def downgrade() -> None:
    """Drops the tables."""
    op.drop_table("number_plan")
    op.drop_table("number")
