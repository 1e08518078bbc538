"""Sources and their keys, submissions with their raw requests, refused requests, delivery, and leadkit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import create_shared_tables, global_table, tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables, each with its row-level security."""
    create_shared_tables(op, service="intake")
    _sources()
    _submission()
    _raw_request()
    _attempt()
    _refused()
    _delivery()


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _optional(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name, kind in columns.items()]


def _own() -> list[sa.Column[Any]]:
    return _filled(workspace_id=sa.Uuid, id=sa.Uuid)


def _sources() -> None:
    op.create_table(
        "source",
        *_own(),
        *_filled(version=sa.Integer, name=sa.Text, channel=sa.Text, provider=sa.Text, key=sa.Text),
        *_filled(settings=JSONB, sealed_secrets=sa.LargeBinary, defaults=JSONB, spam=JSONB),
        *_filled(allowed_origins=ARRAY(sa.Text)),
        *_optional(redirect_url=sa.Text),
        *_filled(enabled=sa.Boolean, created_at=TIME, updated_at=TIME),
        *_optional(deleted_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_source"),
        sa.CheckConstraint(
            "channel IN ('form', 'email', 'call', 'chat', 'ads', 'import', 'api')", name="ck_source_channel"
        ),
    )
    op.create_index("ix_source_workspace_id_created_at_id", "source", ["workspace_id", "created_at", "id"])
    tenant_table(op, "source", service="intake", app="SELECT, INSERT, UPDATE")
    op.create_table(
        "door_key",
        *_filled(key=sa.Text, workspace_id=sa.Uuid, source_id=sa.Uuid),
        sa.PrimaryKeyConstraint("key", name="pk_door_key"),
    )
    global_table(op, "door_key", service="intake", app="SELECT, INSERT, DELETE")
    op.create_table(
        "workspace_setting",
        *_filled(workspace_id=sa.Uuid, version=sa.Integer),
        *_filled(default_region=sa.Text, time_zone=sa.Text, language=sa.Text),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_workspace_setting"),
    )
    tenant_table(op, "workspace_setting", service="intake", app="SELECT")


def _submission() -> None:
    op.create_table(
        "submission",
        *_own(),
        *_filled(source_id=sa.Uuid, channel=sa.Text, provider=sa.Text, version=sa.Integer, revision=sa.Integer),
        *_filled(status=sa.Text),
        *_optional(reason=sa.Text),
        *_filled(released=sa.Boolean),
        *_optional(dedup_key=sa.Text, external_id=sa.Text),
        *_filled(content_hash=sa.Text),
        *_optional(duplicate_of=sa.Uuid),
        *_filled(normaliser_version=sa.Integer),
        *_optional(inquiry=sa.JSON, report=sa.JSON, screening=sa.JSON, attribution=sa.JSON),
        *_optional(result=sa.Text, lead_id=sa.Uuid, contact_id=sa.Uuid, deal_id=sa.Uuid, problem=JSONB),
        *_filled(occurred_at=TIME, received_at=TIME),
        *_optional(delivered_at=TIME),
        *_filled(updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_submission"),
        sa.CheckConstraint(
            "status IN ('pending', 'ready', 'delivered', 'interest', 'spam', 'duplicate', 'ignored', 'unreadable',"
            " 'parked')",
            name="ck_submission_status",
        ),
        sa.CheckConstraint("result IN ('created', 'attached', 'reopened')", name="ck_submission_result"),
        postgresql_with={"toast_tuple_target": 8160},
    )
    op.create_index(
        "uq_submission_dedup_key",
        "submission",
        ["workspace_id", "source_id", "dedup_key"],
        unique=True,
        postgresql_where=sa.text("dedup_key IS NOT NULL"),
    )
    op.create_index("ix_submission_status", "submission", ["workspace_id", "status", "received_at", "id"])
    op.create_index("ix_submission_received_at", "submission", ["workspace_id", "received_at", "id"])
    tenant_table(op, "submission", service="intake")


def _raw_request() -> None:
    op.create_table(
        "raw_request",
        *_own(),
        *_filled(source_id=sa.Uuid, form=sa.Text, method=sa.Text, rest=sa.Text, query=sa.Text),
        *_filled(headers=JSONB, body=sa.LargeBinary),
        *_optional(address=sa.Text),
        *_filled(received_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_raw_request"),
        sa.CheckConstraint("form IN ('wire', 'canonical')", name="ck_raw_request_form"),
    )
    tenant_table(op, "raw_request", service="intake")
    op.create_table(
        "submission_raw",
        *_filled(workspace_id=sa.Uuid, submission_id=sa.Uuid, raw_id=sa.Uuid, place=sa.Integer),
        sa.PrimaryKeyConstraint("workspace_id", "submission_id", "raw_id", "place", name="pk_submission_raw"),
    )
    tenant_table(op, "submission_raw", service="intake")


def _attempt() -> None:
    op.create_table(
        "attempt",
        *_own(),
        *_filled(submission_id=sa.Uuid, revision=sa.Integer, at=TIME),
        *_optional(status=sa.Integer, result=sa.Text, problem=JSONB),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_workspace_id_submission_id_id", "attempt", ["workspace_id", "submission_id", "id"])
    tenant_table(op, "attempt", service="intake")


def _refused() -> None:
    op.create_table(
        "refused",
        *_own(),
        *_filled(source_id=sa.Uuid, reason=sa.Text, method=sa.Text, size=sa.Integer),
        *_filled(sealed=sa.LargeBinary, received_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_refused"),
        sa.CheckConstraint("reason IN ('signature', 'origin')", name="ck_refused_reason"),
    )
    op.create_index(
        "ix_refused_workspace_id_source_id_received_at_id",
        "refused",
        ["workspace_id", "source_id", "received_at", "id"],
    )
    tenant_table(op, "refused", service="intake")


def _delivery() -> None:
    op.create_table(
        "delivery",
        *_filled(workspace_id=sa.Uuid, failures=sa.Integer, retry_at=TIME),
        *_optional(last_failure=sa.Text),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_delivery"),
    )
    tenant_table(op, "delivery", service="intake")
