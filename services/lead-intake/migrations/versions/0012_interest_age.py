"""An index by which long past interests are forgotten."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the index."""
    op.create_index("ix_interest_client_seen_at", "interest_client", ["seen_at"])
