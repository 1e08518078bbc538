"""Proofs of work that were used, words that many people sent, and interests found again by their visitor."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0008"
down_revision = "0007"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables, each with its row-level security, and the link from an interest."""
    op.create_table(
        "spent_proof",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("spent_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "proof", name="pk_spent_proof"),
    )
    op.create_index("ix_spent_proof_spent_at", "spent_proof", ["spent_at"])
    tenant_table(op, "spent_proof", service="intake")
    op.create_table(
        "said_text",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("said_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", "text", "person", name="pk_said_text"),
    )
    op.create_index("ix_said_text_said_at", "said_text", ["said_at"])
    tenant_table(op, "said_text", service="intake")
    op.create_table(
        "interest_client",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "client", "submission_id", name="pk_interest_client"),
    )
    tenant_table(op, "interest_client", service="intake")
    op.add_column("submission", sa.Column("upgraded_to", sa.Uuid))
