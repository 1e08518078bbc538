"""How far the sums of chunks are gathered: the days that were taken away need not be passed over again."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One that is being gathered begins with whatever is left."""
    op.add_column("generation", sa.Column("gathered", sa.Date, nullable=True))


def downgrade() -> None:
    """Drops it; nothing depends on it but how long gathering takes."""
    op.drop_column("generation", "gathered")
