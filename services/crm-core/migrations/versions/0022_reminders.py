"""Due times of activities as reminders: when the next one is told, and that it was."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
MOMENTS = ("alarm_at", "reminded_at", "missed_at")


def upgrade() -> None:
    """Open activities that are due later are told when they are; what is overdue already is known."""
    op.add_column("activity", sa.Column("remind_before_minutes", sa.Integer, nullable=True))
    for moment in MOMENTS:
        op.add_column("activity", sa.Column(moment, TIME, nullable=True))
    op.create_check_constraint(
        "ck_activity_remind_before_minutes", "activity", "remind_before_minutes BETWEEN 0 AND 525600"
    )
    op.execute("UPDATE activity SET alarm_at = due_at WHERE completed_at IS NULL AND due_at > now()")
    waits = sa.text("alarm_at IS NOT NULL")
    op.create_index("ix_activity_alarm", "activity", ["alarm_at", "workspace_id"], postgresql_where=waits)


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_activity_alarm", "activity")
    op.drop_constraint("ck_activity_remind_before_minutes", "activity")
    for column in (*MOMENTS, "remind_before_minutes"):
        op.drop_column("activity", column)
