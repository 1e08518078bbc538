"""Logins for BI tools, each bound to a workspace. The views they read are written by `env.py`, as the code has them."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0007"
down_revision = "0006"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the table; its reader, who may be in no role yet, gets its rights with the views."""
    op.create_table(
        "bi_access",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("rotated_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_bi_access"),
    )
    op.create_index("ix_bi_access_login", "bi_access", ["login"])
    tenant_table(op, "bi_access", service="analytics", app="SELECT, INSERT, UPDATE")
