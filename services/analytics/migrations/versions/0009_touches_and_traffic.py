"""The touches of each inquiry, and visits by day."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"

NAMES = ("source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group")


def upgrade() -> None:
    """Known inquiries get the one touch that their dimensions tell; a rebuild of facts brings the first ones too."""
    op.add_column("fact_inquiry", sa.Column("touches", JSONB, nullable=False, server_default=sa.text("'[]'")))
    pairs = ", ".join(f"'{name}', {name}" for name in (*NAMES, "landing_page"))
    op.execute(
        f"UPDATE fact_inquiry SET touches = jsonb_build_array(jsonb_strip_nulls(jsonb_build_object({pairs},"
        """ 'at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),"""
        " 'direct', coalesce(lower(source), '') IN ('', 'direct', '(direct)', '(none)', 'none')"
        " AND campaign IS NULL AND campaign_id IS NULL)))"
    )
    op.create_table(
        "traffic",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("key", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=True) for name in (*NAMES, "landing_page")),
        sa.Column("visits", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "date", "key", name="pk_traffic"),
        sa.CheckConstraint("visits >= 0", name="ck_traffic_visits"),
    )
    tenant_table(op, "traffic", service="analytics", app="SELECT, INSERT, UPDATE")
