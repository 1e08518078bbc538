"""Cells under a short key: what they are a sum by as one word, and their dimensions as a digest.

Comparing eleven columns took more than half of what it cost to add to a cell.
"""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0004"
down_revision = "0003"

SUMS = """
submissions delivered interests spam duplicates ignored unreadable parked waiting inquiries inquiries_created
inquiries_attached inquiries_reopened direct leads leads_amount merged repeat assigned contacted qualified
converted customers repeat_customers open postponed disqualified lost_leads lost_contacted lost_qualified
lost_converted here_leads here_contacted here_qualified here_converted with_deadline answered_in_time deals
deals_amount deals_open deals_open_amount forecast forecast_amount won won_amount lost lost_amount unconverted
stage_reached stage_passages
""".split()
TIMES = ("measure", "n", "spread")
DIMENSIONS = ("d1", "d2", "d3", "d4", "d5")
KEY = {"workspace_id": sa.Uuid, "generation": sa.BigInteger, "part": sa.Text, "day": sa.Date, "key": sa.Uuid}


def upgrade() -> None:
    """Makes the tables anew and carries over what they hold."""
    sums = [
        sa.Column(
            name,
            sa.Numeric if name.endswith("_amount") else sa.BigInteger,
            nullable=False,
            server_default=sa.text("0"),
        )
        for name in SUMS
    ]
    _anew("cell", tuple(SUMS), sums, tuple(KEY))
    counted = [sa.Column("n", sa.BigInteger, nullable=False), sa.Column("spread", sa.Numeric, nullable=False)]
    _anew("cell_time", TIMES, [sa.Column("measure", sa.Text, nullable=False), *counted], (*KEY, "measure"))


def _anew(table: str, told: tuple[str, ...], more: list[sa.Column[object]], key: tuple[str, ...]) -> None:
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"ALTER INDEX pk_{table} RENAME TO pk_{table}_before")
    first, rest = (more[:1], more[1:]) if table == "cell_time" else ([], more)
    op.create_table(
        table,
        *(sa.Column(name, kind, nullable=False) for name, kind in KEY.items()),
        *first,
        *(sa.Column(name, sa.Text, nullable=False) for name in DIMENSIONS),
        *rest,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        postgresql_with={"fillfactor": "80"},
    )
    tenant_table(op, table, service="analytics", app="SELECT")
    dimensions = ", ".join(DIMENSIONS)
    op.execute(
        f"INSERT INTO {table} ({', '.join(KEY)}, {dimensions}, {', '.join(told)})"
        f" SELECT workspace_id, generation, family || '.' || basis || '.' || grain, day,"
        f" md5(concat_ws(chr(31), {dimensions}))::uuid, {dimensions}, {', '.join(told)} FROM {table}_before"
    )
    op.execute(f"DROP TABLE {table}_before")
