"""Lines of deals: what is sold, at which price and discount."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A deal has none until now; its amount stays as it was set."""
    op.add_column("deal", sa.Column("lines", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("deal", "lines")
