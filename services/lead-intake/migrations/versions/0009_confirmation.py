"""Double opt-in by mail, and what the worker still has something to do for."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0009"
down_revision = "0008"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A table for the mails, a form for confirmations, an index over the few that wait."""
    op.create_table(
        "confirmation_mail",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("address_hash", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_failure", sa.Text),
        sa.Column("retry_at", TIME),
        sa.Column("sent_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "submission_id", name="pk_confirmation_mail"),
    )
    op.create_index(
        "ix_confirmation_mail_workspace_id_address_hash_sent_at",
        "confirmation_mail",
        ["workspace_id", "address_hash", "sent_at"],
    )
    tenant_table(op, "confirmation_mail", service="intake")
    op.drop_constraint("ck_raw_request_form", "raw_request")
    op.create_check_constraint(
        "ck_raw_request_form", "raw_request", "form IN ('wire', 'canonical', 'row', 'confirmation')"
    )
    op.create_index(
        "ix_submission_to_do",
        "submission",
        ["workspace_id", "reason", "received_at"],
        postgresql_where=sa.text("reason IN ('awaiting_confirmation', 'subscription_to_confirm')"),
    )
