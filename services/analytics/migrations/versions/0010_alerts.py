"""Alerts about sources whose cost or conversion left its usual range."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def upgrade() -> None:
    """Makes the table with its row-level security; alerts are found by the worker."""
    op.create_table(
        "alert",
        *(_column(name, sa.Uuid) for name in ("workspace_id", "id")),
        _column("week", sa.Date),
        *(_column(name, sa.Text) for name in ("metric", "source", "status")),
        *(_column(name, sa.Numeric) for name in ("value", "median", "low", "high")),
        *(_column(name, sa.BigInteger) for name in ("leads", "weeks")),
        _column("words", JSONB),
        _column("found_at", TIME),
        _column("acknowledged_at", TIME, null=True),
        _column("acknowledged_by", sa.Text, null=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_alert"),
        sa.UniqueConstraint("workspace_id", "week", "metric", "source", name="uq_alert_week"),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'withdrawn')", name="ck_alert_status"),
    )
    tenant_table(op, "alert", service="analytics", app="SELECT, UPDATE")
