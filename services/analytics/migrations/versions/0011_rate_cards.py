"""What suppliers of leads are paid, and the leads that are given back to them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0011"
down_revision = "0010"

TIME = sa.DateTime(timezone=True)


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def upgrade() -> None:
    """Creates both tables with their row-level security, and the index by which repeated leads are found."""
    op.create_table(
        "rate_card",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, supplier=sa.Text, pays=sa.Text),
        *_filled(amount=sa.Numeric, currency=sa.Text, source=sa.Text),
        *_maybe(medium=sa.Text, campaign=sa.Text),
        *_filled(valid_from=sa.Date),
        *_maybe(valid_to=sa.Date, unique_within_days=sa.BigInteger),
        *_filled(regions=sa.ARRAY(sa.Text), unreachable_for=sa.ARRAY(sa.Uuid), spam_for=sa.ARRAY(sa.Uuid)),
        *_filled(return_days=sa.BigInteger, by=sa.Text, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_rate_card"),
        sa.CheckConstraint("pays IN ('lead', 'qualified', 'won')", name="ck_rate_card_pays"),
        sa.CheckConstraint("amount >= 0", name="ck_rate_card_amount"),
    )
    op.create_table(
        "dispute",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, card_id=sa.Uuid, lead_id=sa.Uuid, supplier=sa.Text),
        *_filled(reason=sa.Text),
        *_maybe(evidence=sa.Text),
        *_filled(links=sa.ARRAY(sa.Text), status=sa.Text),
        *_maybe(note=sa.Text),
        *_filled(opened_by=sa.Text, opened_at=TIME),
        *_maybe(decided_by=sa.Text, decided_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_dispute"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "card_id"],
            ["rate_card.workspace_id", "rate_card.id"],
            name="fk_dispute_workspace_id_card_id",
        ),
        sa.UniqueConstraint("workspace_id", "card_id", "lead_id", name="uq_dispute_lead"),
        sa.CheckConstraint("status IN ('open', 'accepted', 'refused')", name="ck_dispute_status"),
    )
    op.create_index("ix_dispute_workspace_id_opened_at_id", "dispute", ["workspace_id", "opened_at", "id"])
    for table in ("rate_card", "dispute"):
        tenant_table(op, table, service="analytics", app="SELECT, INSERT, UPDATE")
    known = sa.text("contact_id IS NOT NULL")
    op.create_index("ix_fact_lead_contact", "fact_lead", ["workspace_id", "contact_id"], postgresql_where=known)
