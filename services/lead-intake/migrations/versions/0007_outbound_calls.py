"""Calls that we made are told to crm-core: how much of each it has been told."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

RESULTS = "result IN ('created', 'attached', 'reopened', 'unmatched')"
DUE = "status = 'ignored' AND reason = 'outbound_call' AND told_revision < revision"


def upgrade() -> None:
    """Adds the column, by which the calls that are there already are told too."""
    op.add_column("submission", sa.Column("told_revision", sa.Integer, nullable=False, server_default="0"))
    op.create_index(
        "ix_submission_call_due", "submission", ["workspace_id", "received_at", "id"], postgresql_where=sa.text(DUE)
    )
    op.drop_constraint("ck_submission_result", "submission", type_="check")
    op.create_check_constraint("ck_submission_result", "submission", RESULTS)


def downgrade() -> None:
    """Forgets what was told."""
    op.execute("UPDATE submission SET result = NULL WHERE result = 'unmatched'")
    op.drop_constraint("ck_submission_result", "submission", type_="check")
    op.create_check_constraint("ck_submission_result", "submission", "result IN ('created', 'attached', 'reopened')")
    op.drop_index("ix_submission_call_due", "submission")
    op.drop_column("submission", "told_revision")
