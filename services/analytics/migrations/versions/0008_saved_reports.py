"""Saved reports, and their deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"

TIME = sa.DateTime(timezone=True)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def upgrade() -> None:
    """Creates both tables with their row-level security."""
    op.create_table(
        "saved_report",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, name=sa.Text, query=JSONB, shared=sa.Boolean),
        *_maybe(url=sa.Text, format=sa.Text, schedule=JSONB, secret=sa.LargeBinary, next_run_at=TIME, paused=sa.Text),
        *_filled(created_by=sa.Text, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_saved_report"),
        sa.CheckConstraint("format IN ('json', 'csv')", name="ck_saved_report_format"),
        sa.CheckConstraint(
            "(url IS NULL) = (schedule IS NULL) AND (url IS NULL) = (secret IS NULL)", name="ck_saved_report_delivery"
        ),
    )
    op.create_index("ix_saved_report_name", "saved_report", ["workspace_id", "name", "id"])
    due = sa.text("next_run_at IS NOT NULL")
    op.create_index("ix_saved_report_due", "saved_report", ["next_run_at"], postgresql_where=due)
    op.create_table(
        "report_delivery",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, report_id=sa.Uuid, due_at=TIME, status=sa.Text),
        *_filled(attempts=sa.BigInteger, next_attempt_at=TIME),
        *_maybe(leased_until=TIME, body=sa.LargeBinary, answered=sa.BigInteger, snippet=sa.Text),
        *_filled(created_at=TIME),
        *_maybe(finished_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_report_delivery"),
        sa.UniqueConstraint(
            *("workspace_id", "report_id", "due_at"), name="uq_report_delivery_workspace_id_report_id_due_at"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "report_id"],
            ["saved_report.workspace_id", "saved_report.id"],
            name="fk_report_delivery_workspace_id_report_id",
        ),
        sa.CheckConstraint("status IN ('waiting', 'delivered', 'failed')", name="ck_report_delivery_status"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index("ix_report_delivery_waiting", "report_delivery", ["next_attempt_at"], postgresql_where=waiting)
    op.create_index("ix_report_delivery_created", "report_delivery", ["created_at"])
    for table in ("saved_report", "report_delivery"):
        tenant_table(op, table, service="analytics")
