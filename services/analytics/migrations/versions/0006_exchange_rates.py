"""Exchange rates by day, and the currency that each unit of spend is in."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the table; until now spend was in the workspace's currency, which its lines say."""
    op.create_table(
        "exchange_rate",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("rate", sa.Numeric, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "base", "currency", "date", name="pk_exchange_rate"),
        sa.CheckConstraint("rate > 0", name="ck_exchange_rate_rate"),
    )
    tenant_table(op, "exchange_rate", service="analytics", app="SELECT, INSERT, UPDATE")
    op.add_column("spend_unit", sa.Column("currency", sa.Text, nullable=True))
    op.execute(
        "UPDATE spend_unit u SET currency = l.currency FROM (SELECT DISTINCT ON (workspace_id, unit_id) workspace_id,"
        " unit_id, currency FROM spend_line ORDER BY workspace_id, unit_id, version DESC) l"
        " WHERE l.workspace_id = u.workspace_id AND l.unit_id = u.id"
    )
    op.execute("DELETE FROM spend_unit WHERE currency IS NULL")
    op.alter_column("spend_unit", "currency", nullable=False)
