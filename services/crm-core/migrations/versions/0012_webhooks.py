"""Outgoing webhooks and their deliveries."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only."""
    op.create_table(
        "webhook",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("types", ARRAY(sa.Text), nullable=False),
        sa.Column("matching", JSONB, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("sealed_secrets", sa.LargeBinary, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", TIME),
        sa.Column("retry_at", TIME, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_created", "webhook", ["workspace_id", "created_at", "id"])
    op.create_index("ix_webhook_enabled", "webhook", ["retry_at"], postgresql_where=sa.text("enabled"))
    _delivery()
    for table in ("webhook", "webhook_delivery"):
        tenant_table(op, table, service="core")


def downgrade() -> None:
    """Drops them."""
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")


def _delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("workspace_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("webhook_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("attempts", JSONB, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("first_failed_at", TIME),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_webhook_delivery"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["webhook.workspace_id", "webhook.id"],
            name="fk_webhook_delivery_workspace_id_webhook_id",
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'delivered', 'failed', 'cancelled')", name="ck_webhook_delivery_status"
        ),
    )
    mine = ["workspace_id", "webhook_id"]
    op.create_index("uq_webhook_delivery_event", "webhook_delivery", [*mine, "event_id"], unique=True)
    op.create_index("ix_webhook_delivery_created", "webhook_delivery", [*mine, "created_at", "id"])
    waiting, ended = sa.text("status = 'waiting'"), sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_webhook_delivery_waiting", "webhook_delivery", [*mine, "position", "id"], postgresql_where=waiting
    )
    op.create_index("ix_webhook_delivery_ended", "webhook_delivery", ["ended_at"], postgresql_where=ended)
