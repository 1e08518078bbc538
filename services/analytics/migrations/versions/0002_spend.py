"""What marketing cost: units that are restated as a whole, and their lines, version by version."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def upgrade() -> None:
    """Creates both tables with their row-level security."""
    op.create_table(
        "spend_unit",
        *(_column(name, sa.Uuid) for name in ("workspace_id", "id")),
        _column("origin", sa.Text),
        _column("date", sa.Date),
        *(_column(name, sa.Text) for name in ("source", "medium", "campaign_key")),
        _column("version", sa.BigInteger),
        _column("digest", sa.Text),
        _column("amount", sa.Numeric),
        _column("updated_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_spend_unit"),
        sa.UniqueConstraint(
            *("workspace_id", "date", "origin", "source", "medium", "campaign_key"),
            name="uq_spend_unit_key",
        ),
    )
    tenant_table(op, "spend_unit", service="analytics", app="SELECT, INSERT, UPDATE")
    op.create_table(
        "spend_line",
        *(_column(name, sa.Uuid) for name in ("workspace_id", "id", "unit_id")),
        _column("version", sa.BigInteger),
        _column("current", sa.Boolean),
        _column("origin", sa.Text),
        _column("date", sa.Date),
        _column("source", sa.Text),
        *(_column(name, sa.Text, null=True) for name in ("medium", "campaign", "campaign_id", "adgroup_id", "ad_id")),
        *(_column(name, sa.Text, null=True) for name in ("content", "term")),
        _column("amount", sa.Numeric),
        _column("currency", sa.Text),
        _column("vat_included", sa.Boolean, null=True),
        *(_column(name, sa.BigInteger, null=True) for name in ("impressions", "clicks")),
        _column("by", sa.Text),
        _column("recorded_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_spend_line"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "unit_id"],
            ["spend_unit.workspace_id", "spend_unit.id"],
            name="fk_spend_line_workspace_id_unit_id",
        ),
        sa.CheckConstraint("amount >= 0", name="ck_spend_line_amount"),
    )
    op.create_index("ix_spend_line_workspace_id_unit_id", "spend_line", ["workspace_id", "unit_id"])
    op.create_index(
        "ix_spend_line_current", "spend_line", ["workspace_id", "date"], postgresql_where=sa.text("current")
    )
    tenant_table(op, "spend_line", service="analytics", app="SELECT, INSERT, UPDATE")
