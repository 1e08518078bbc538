"""The index that tells at once whether a workspace has deals in other currencies."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes the index."""
    op.create_index("ix_fact_deal_workspace_id_currency", "fact_deal", ["workspace_id", "currency"])
