"""Calls that we made."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ON = ("lead", "contact", "deal")


def upgrade() -> None:
    """Creates the table, visible to its own workspace only."""
    op.create_table(
        "call",
        *(sa.Column(name, sa.Uuid, nullable=False) for name in ("workspace_id", "id")),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        *(sa.Column(name, sa.Uuid) for name in ("lead_id", "contact_id", "deal_id", "activity_id", "source_id")),
        sa.Column("provider", sa.Text),
        *(sa.Column(name, TIME, nullable=False) for name in ("occurred_at", "recorded_at", "updated_at")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_call"),
        *(
            sa.ForeignKeyConstraint(
                ["workspace_id", f"{on}_id"],
                [f"{on}.workspace_id", f"{on}.id"],
                name=f"fk_call_workspace_id_{on}_id_{on}",
            )
            for on in ON
        ),
        sa.CheckConstraint("result IN ('attached', 'unmatched')", name="ck_call_result"),
        sa.CheckConstraint("(result = 'unmatched') = (activity_id IS NULL)", name="ck_call_attached_by_its_activity"),
    )
    for on in ON:
        op.create_index(f"ix_call_{on}", "call", ["workspace_id", f"{on}_id"])
    tenant_table(op, "call", service="core")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("call")
