"""Custom fields: what a workspace notes on its cards, what of it events tell, and indexes to find cards by it."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TOLD = ("lead", "contact", "deal")
CARDS = (*TOLD, "company")


def upgrade() -> None:
    """Creates the table and what the cards need."""
    op.create_table(
        "custom_field",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, entity=sa.Text, key=sa.Text, name=JSONB),
        *_filled(type=sa.Text, choices=ARRAY(sa.Text), required=sa.Boolean, personal=sa.Boolean, position=sa.Integer),
        *_filled(active=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_custom_field"),
        sa.CheckConstraint("entity IN ('lead', 'contact', 'company', 'deal')", name="ck_custom_field_entity"),
    )
    op.create_index("uq_custom_field_key", "custom_field", ["workspace_id", "entity", "key"], unique=True)
    op.create_index("ix_custom_field_position", "custom_field", ["workspace_id", "position", "id"])
    tenant_table(op, "custom_field", service="core")
    for table in TOLD:
        empty = sa.text("'{}'::jsonb")
        op.add_column(table, sa.Column("custom_told", JSONB, nullable=False, server_default=empty))
    for table in CARDS:
        op.create_index(
            f"ix_{table}_custom", table, ["workspace_id", "custom"], postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"}, postgresql_where=sa.text("custom <> '{}'::jsonb"),
        )  # fmt: skip
    _expected_close("infinity")


def downgrade() -> None:
    """Drops them."""
    _expected_close("9999-12-31")
    for table in CARDS:
        op.drop_index(f"ix_{table}_custom", table)
    for table in TOLD:
        op.drop_column(table, "custom_told")
    op.drop_table("custom_field")


def _expected_close(never: str) -> None:
    """Deals without a date come last, and a cursor that names the last date finds its place again."""
    op.drop_index("ix_deal_expected_close", "deal")
    last = sa.text(f"coalesce(expected_close, CAST('{never}' AS date))")
    op.create_index("ix_deal_expected_close", "deal", ["workspace_id", last, "id"])


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]
