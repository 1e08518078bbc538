"""A generation is counted by two connections at once: where its facts are halved, and how far the upper half is."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """One that is being built goes on in one piece until its next kind of facts."""
    op.add_column("generation", sa.Column("split", sa.Uuid, nullable=True))
    op.add_column("generation", sa.Column("beyond", sa.Uuid, nullable=True))


def downgrade() -> None:
    """Drops both; a generation that was being built has to be begun anew."""
    op.drop_column("generation", "beyond")
    op.drop_column("generation", "split")
