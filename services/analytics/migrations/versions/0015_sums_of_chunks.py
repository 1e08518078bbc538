"""What chunks of facts count for, until it is gathered into the cells of the generation that is being built."""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0015"
down_revision = "0014"

DIMENSIONS = ("d1", "d2", "d3", "d4", "d5")
KEY = {"workspace_id": sa.Uuid, "generation": sa.BigInteger, "part": sa.Text, "day": sa.Date}
SUMS = """
submissions delivered interests spam duplicates ignored unreadable parked waiting inquiries inquiries_created
inquiries_attached inquiries_reopened direct leads leads_amount merged repeat assigned contacted qualified
converted customers repeat_customers open postponed disqualified lost_leads lost_contacted lost_qualified
lost_converted here_leads here_contacted here_qualified here_converted with_deadline answered_in_time deals
deals_amount deals_open deals_open_amount forecast forecast_amount won won_amount lost lost_amount unconverted
stage_reached stage_passages
""".split()


def upgrade() -> None:
    """A generation that was being built goes on: what it had counted is in its cells already."""
    sums = [sa.Column(name, sa.Numeric if name.endswith("_amount") else sa.Integer, nullable=True) for name in SUMS]
    _create("chunk_sum", sums)
    counted = [sa.Column("n", sa.BigInteger, nullable=False), sa.Column("spread", sa.Numeric, nullable=False)]
    _create("chunk_time", [sa.Column("measure", sa.Text, nullable=False), *counted])


def _create(table: str, more: list[sa.Column[object]]) -> None:
    op.create_table(
        table,
        *(sa.Column(name, kind, nullable=False) for name, kind in KEY.items()),
        *(sa.Column(name, sa.Text, nullable=False) for name in DIMENSIONS),
        *more,
    )
    op.create_index(f"ix_{table}_workspace_id_generation_day", table, ["workspace_id", "generation", "day"])
    tenant_table(op, table, service="analytics", app="")


def downgrade() -> None:
    """Drops them; a generation that was being built has to be begun anew."""
    op.drop_table("chunk_time")
    op.drop_table("chunk_sum")
