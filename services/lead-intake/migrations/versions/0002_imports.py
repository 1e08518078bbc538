"""Imports, and the order of delivery that lets nobody wait behind one."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables of imports; stored requests may be rows of a table."""
    op.drop_constraint("ck_raw_request_form", "raw_request")
    op.create_check_constraint("ck_raw_request_form", "raw_request", "form IN ('wire', 'canonical', 'row')")
    op.create_index(
        "ix_submission_fresh",
        "submission",
        ["workspace_id", "received_at", "id"],
        postgresql_where=sa.text("status = 'ready' AND channel <> 'import'"),
    )
    _import_run()
    op.create_table(
        "import_chunk",
        *_filled(workspace_id=sa.Uuid, import_id=sa.Uuid, number=sa.Integer, content=sa.LargeBinary),
        sa.PrimaryKeyConstraint("workspace_id", "import_id", "number", name="pk_import_chunk"),
    )
    op.create_table(
        "import_rejection",
        *_filled(workspace_id=sa.Uuid, import_id=sa.Uuid, line=sa.Integer, reason=sa.Text, cells=ARRAY(sa.Text)),
        sa.PrimaryKeyConstraint("workspace_id", "import_id", "line", name="pk_import_rejection"),
    )
    op.create_table(
        "import_mapping",
        *_filled(workspace_id=sa.Uuid, source_id=sa.Uuid, signature=sa.Text, mapping=JSONB, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", "signature", name="pk_import_mapping"),
    )
    for table in ("import_run", "import_chunk", "import_rejection", "import_mapping"):
        tenant_table(op, table, service="intake")


def _import_run() -> None:
    op.create_table(
        "import_run",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, source_id=sa.Uuid),
        *_optional(file_name=sa.Text),
        *_filled(file_bytes=sa.BigInteger, plan=JSONB, mapping_from=sa.Text, status=sa.Text),
        *_optional(reason=sa.Text, rows_total=sa.Integer),
        *_filled(rows_counted=sa.Boolean, rows_done=sa.Integer, rows_failed=sa.Integer, outcomes=JSONB),
        *_filled(created_at=TIME),
        *_optional(started_at=TIME, finished_at=TIME, file_removed_at=TIME),
        *_filled(updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_import_run"),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="ck_import_run_status"
        ),
    )
    op.create_index("ix_import_run_workspace_id_created_at_id", "import_run", ["workspace_id", "created_at", "id"])
    op.create_index(
        "ix_import_run_open",
        "import_run",
        ["created_at"],
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _optional(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name, kind in columns.items()]
