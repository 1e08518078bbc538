"""Sums of spend by month, filled from the lines that count now."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0005"
down_revision = "0004"

KEYS = ("source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id")


def upgrade() -> None:
    """Makes the table and fills it; a digest need only differ from others, so these need not be those of later rows."""
    op.create_table(
        "spend_month",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=True) for name in KEYS[1:]),
        sa.Column("amount", sa.Numeric, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "month", "currency", "key", name="pk_spend_month"),
        postgresql_with={"fillfactor": "80"},
    )
    tenant_table(op, "spend_month", service="analytics", app="SELECT, INSERT, UPDATE")
    named = ", ".join(KEYS)
    op.execute(
        f"INSERT INTO spend_month (workspace_id, month, currency, key, {named}, amount)"
        f" SELECT workspace_id, date_trunc('month', date)::date AS month, currency,"
        f" md5(json_build_array({named})::text)::uuid, {named}, sum(amount)"
        f" FROM spend_line WHERE current GROUP BY workspace_id, month, currency, {named}"
    )
