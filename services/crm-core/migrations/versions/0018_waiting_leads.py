"""The leads that wait for an owner are found without looking at any other."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Few rows at any time, so the order among them is made when it is asked for."""
    waiting = sa.text("owner_id IS NULL AND status = 'new'")
    op.create_index("ix_lead_waiting", "lead", ["workspace_id", "id"], postgresql_where=waiting)


def downgrade() -> None:
    """Drops it."""
    op.drop_index("ix_lead_waiting", "lead")
