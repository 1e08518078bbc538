"""Workspaces, teams, users, tokens, loss reasons, the audit log, and leadkit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import create_shared_tables, global_table, tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    """Creates the tables, each with its row-level security."""
    create_shared_tables(op, service="core")
    _workspace()
    _team()
    _member()
    _tokens()
    _audit()
    _loss_reason()


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _own() -> list[sa.Column[Any]]:
    return _filled(workspace_id=sa.Uuid, id=sa.Uuid)


def _workspace() -> None:
    op.create_table(
        "workspace",
        *_filled(id=sa.Uuid, version=sa.Integer, name=sa.Text, time_zone=sa.Text, currency=sa.Text),
        *_filled(default_region=sa.Text, language=sa.Text, closed_lead_policy=sa.Text, retention=JSONB),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("id", name="pk_workspace"),
        sa.CheckConstraint("closed_lead_policy IN ('reopen', 'new')", name="ck_workspace_closed_lead_policy"),
    )
    tenant_table(op, "workspace", service="core")


def _team() -> None:
    op.create_table(
        "team",
        *_own(),
        *_filled(version=sa.Integer, name=sa.Text, is_default=sa.Boolean, active=sa.Boolean),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_team"),
    )
    op.create_index("uq_team_default", "team", ["workspace_id"], unique=True, postgresql_where=sa.text("is_default"))
    op.create_index("uq_team_name", "team", ["workspace_id", "name"], unique=True)
    tenant_table(op, "team", service="core")


def _member() -> None:
    op.create_table(
        "member",
        *_own(),
        *_filled(version=sa.Integer, name=sa.Text, email=sa.Text, role=sa.Text),
        sa.Column("team_id", sa.Uuid),
        *_filled(active=sa.Boolean, level=sa.Integer, skills=TEXTS, languages=TEXTS, regions=TEXTS, time_zone=sa.Text),
        sa.Column("working_hours", JSONB),
        sa.Column("daily_cap", sa.Integer),
        sa.Column("open_cap", sa.Integer),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_member"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "team_id"], ["team.workspace_id", "team.id"], name="fk_member_workspace_id_team_id"
        ),
        sa.CheckConstraint("role IN ('admin', 'head', 'manager', 'analyst')", name="ck_member_role"),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="ck_member_level"),
    )
    op.create_index("uq_member_email", "member", ["workspace_id", "email"], unique=True)
    op.create_index("ix_member_workspace_id_team_id_id", "member", ["workspace_id", "team_id", "id"])
    tenant_table(op, "member", service="core")


def _tokens() -> None:
    op.create_table(
        "api_token",
        *_own(),
        *_filled(version=sa.Integer, name=sa.Text, role=sa.Text, scopes=TEXTS),
        sa.Column("user_id", sa.Uuid),
        *_filled(created_by=sa.Text, created_at=TIME, expires_at=TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_api_token"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "user_id"], ["member.workspace_id", "member.id"], name="fk_api_token_workspace_id_user_id"
        ),
        sa.CheckConstraint(
            "role IN ('admin', 'head', 'manager', 'analyst', 'integration', 'platform')", name="ck_api_token_role"
        ),
    )
    op.create_index("ix_api_token_workspace_id_user_id", "api_token", ["workspace_id", "user_id"])
    tenant_table(op, "api_token", service="core")
    op.create_table(
        "signing_key",
        *_filled(kid=sa.Text, jwk=JSONB, sealed=sa.LargeBinary, created_at=TIME),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_key"),
    )
    global_table(op, "signing_key", service="core")
    # Here a revocation is written in the request that asks for it, elsewhere by the worker that learns of it.
    global_table(op, "revoked_token", service="core", app="SELECT, INSERT, DELETE")


def _audit() -> None:
    op.create_table(
        "audit",
        *_own(),
        *_filled(at=TIME, by=sa.Text, action=sa.Text, subject_type=sa.Text, subject_id=sa.Uuid),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_audit"),
    )
    op.create_index("ix_audit_workspace_id_at_id", "audit", ["workspace_id", "at", "id"])
    op.create_index("ix_audit_subject", "audit", ["workspace_id", "subject_id", "at", "id"])
    tenant_table(op, "audit", service="core", app="SELECT, INSERT")


def _loss_reason() -> None:
    op.create_table(
        "loss_reason",
        *_own(),
        *_filled(version=sa.Integer, key=sa.Text, name=sa.Text, position=sa.Integer, active=sa.Boolean),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_loss_reason"),
    )
    op.create_index("uq_loss_reason_key", "loss_reason", ["workspace_id", "key"], unique=True)
    tenant_table(op, "loss_reason", service="core")
