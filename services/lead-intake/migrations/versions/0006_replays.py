"""Replays of many submissions, and for how long each workspace keeps raw requests."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the table of replays; workspaces get their retention."""
    op.add_column("workspace_setting", sa.Column("raw_requests_days", sa.Integer))
    op.create_table(
        "replay",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, wanted=JSONB, status=sa.Text, normaliser_version=sa.Integer),
        *_filled(total=sa.Integer, done=sa.Integer, changed=sa.Integer, unchanged=sa.Integer, failed=sa.Integer),
        sa.Column("last_received_at", TIME),
        sa.Column("last_id", sa.Uuid),
        *_filled(created_at=TIME),
        sa.Column("finished_at", TIME),
        *_filled(updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_replay"),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'cancelled')", name="ck_replay_status"),
    )
    op.create_index("ix_replay_workspace_id_created_at_id", "replay", ["workspace_id", "created_at", "id"])
    op.create_index(
        "ix_replay_open", "replay", ["created_at"], postgresql_where=sa.text("status IN ('queued', 'running')")
    )
    tenant_table(op, "replay", service="intake")


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]
