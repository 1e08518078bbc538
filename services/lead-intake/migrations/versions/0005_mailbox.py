"""Mailboxes read by IMAP: how far, and how it goes."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the table with its row-level security."""
    op.create_table(
        "mailbox",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("uid_validity", sa.BigInteger),
        sa.Column("last_uid", sa.BigInteger, nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("read_at", TIME),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("retry_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", name="pk_mailbox"),
    )
    tenant_table(op, "mailbox", service="intake")
