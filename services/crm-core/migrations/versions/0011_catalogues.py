"""Products, segments and the catalogue of tags."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TAGGED = ("lead", "contact", "company", "deal")


def upgrade() -> None:
    """Creates the tables, each visible to its own workspace only, and indexes of the cards that have tags."""
    _product()
    _segment()
    _tag()
    for table in ("product", "segment", "tag"):
        tenant_table(op, table, service="core")
    for table in TAGGED:
        there = sa.text("tags <> '{}'::text[]")
        op.create_index(f"ix_{table}_tagged", table, ["workspace_id", "id"], postgresql_where=there)


def downgrade() -> None:
    """Drops them."""
    for table in TAGGED:
        op.drop_index(f"ix_{table}_tagged", table)
    for table in ("tag", "segment", "product"):
        op.drop_table(table)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def _product() -> None:
    op.create_table(
        "product",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text),
        *_maybe(sku=sa.Text, unit=sa.Text, price=sa.Numeric(18, 2), currency=sa.Text),
        *_filled(active=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_product"),
        sa.CheckConstraint("(price IS NULL) = (currency IS NULL)", name="ck_product_price"),
    )
    named = sa.text("sku IS NOT NULL")
    op.create_index("uq_product_sku", "product", ["workspace_id", "sku"], unique=True, postgresql_where=named)
    op.create_index("ix_product_name", "product", ["workspace_id", "name", "id"])
    op.create_index("ix_product_created", "product", ["workspace_id", "created_at", "id"])


def _segment() -> None:
    op.create_table(
        "segment",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text, entity=sa.Text, condition=JSONB),
        *_filled(created_by=sa.Text, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_segment"),
        sa.CheckConstraint("entity IN ('lead', 'contact', 'company', 'deal')", name="ck_segment_entity"),
    )
    op.create_index("uq_segment_name", "segment", ["workspace_id", "entity", "name"], unique=True)
    op.create_index("ix_segment_created", "segment", ["workspace_id", "created_at", "id"])


def _tag() -> None:
    op.create_table(
        "tag",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, name=sa.Text),
        *_maybe(color=sa.Text),
        *_filled(created_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_tag"),
    )
    op.create_index("uq_tag_name", "tag", ["workspace_id", "name"], unique=True)
