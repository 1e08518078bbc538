"""Deadlines for first responses, and the leads that are overdue or wait."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
UNANSWERED = (
    "respond_by IS NOT NULL AND first_response_at IS NULL AND status IN ('new', 'assigned', 'in_progress', 'qualified')"
)


def upgrade() -> None:
    """Leads that have an owner keep having no deadline."""
    op.create_table(
        "deadline",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, status=sa.Text, lead_id=sa.Uuid),
        *_filled(owner_id=sa.Uuid),
        *_maybe(team_id=sa.Uuid, rule_id=sa.Uuid),
        *_filled(response=JSONB, step=sa.Integer, set_at=TIME),
        *_maybe(due_at=TIME, remind_at=TIME, accept_by=TIME, wake_at=TIME, reminded_at=TIME, breached_at=TIME),
        *_maybe(breach=sa.Text, fulfilled_at=TIME, worked_s=sa.Integer, lost_s=sa.Integer),
        *_filled(updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_deadline"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "lead_id"], ["lead.workspace_id", "lead.id"], name="fk_deadline_workspace_id_lead_id"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "owner_id"], ["member.workspace_id", "member.id"], name="fk_deadline_workspace_id_owner_id"
        ),
        sa.CheckConstraint("status IN ('open', 'breached', 'met', 'late', 'void')", name="ck_deadline_status"),
        sa.CheckConstraint("breach IN ('late', 'not_accepted')", name="ck_deadline_breach"),
    )
    op.create_index("ix_deadline_lead", "deadline", ["workspace_id", "lead_id", "id"])
    op.create_index("ix_deadline_owner", "deadline", ["workspace_id", "owner_id", "set_at"])
    waking = sa.text("wake_at IS NOT NULL")
    op.create_index("ix_deadline_wake", "deadline", ["wake_at", "workspace_id"], postgresql_where=waking)
    tenant_table(op, "deadline", service="core")
    op.create_index(
        "ix_lead_unanswered", "lead", ["workspace_id", "respond_by", "id"], postgresql_where=sa.text(UNANSWERED)
    )
    op.drop_index("ix_lead_waiting", "lead")
    waiting = sa.text("owner_id IS NULL AND status IN ('new', 'assigned')")
    op.create_index("ix_lead_waiting", "lead", ["workspace_id", "id"], postgresql_where=waiting)


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_lead_waiting", "lead")
    waiting = sa.text("owner_id IS NULL AND status = 'new'")
    op.create_index("ix_lead_waiting", "lead", ["workspace_id", "id"], postgresql_where=waiting)
    op.drop_index("ix_lead_unanswered", "lead")
    op.drop_table("deadline")


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]
