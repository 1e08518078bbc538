"""What stages mean, how a pipeline is gone through, and stages and pipelines that are given up."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    """Until now every stage was offered and could be entered from any other."""
    for table in ("pipeline", "stage"):
        op.add_column(table, sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()))
    for allowed in ("may_skip", "may_go_back"):
        op.add_column("pipeline", sa.Column(allowed, sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("pipeline", sa.Column("amount_needed_from", sa.Double, nullable=True))
    op.create_check_constraint("ck_pipeline_amount_needed_from", "pipeline", "amount_needed_from BETWEEN 0 AND 1")
    op.add_column("stage", sa.Column("meaning", sa.Text, nullable=True))
    rotting = ["workspace_id", "stage_id", "entered_stage_at"]
    op.create_index("ix_deal_rotting", "deal", rotting, postgresql_where=OPEN)


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_deal_rotting", "deal")
    op.drop_column("stage", "meaning")
    op.drop_constraint("ck_pipeline_amount_needed_from", "pipeline")
    for column in ("amount_needed_from", "may_go_back", "may_skip"):
        op.drop_column("pipeline", column)
    for table in ("stage", "pipeline"):
        op.drop_column(table, "archived")
