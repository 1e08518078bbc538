"""Cells with a column for each measure, by day and by month, and lengths of time as one number each.

What is counted is carried over, so that numbers are answered at once; a new generation is then counted in the
background, since the rules have changed.
"""

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table

revision = "0003"
down_revision = "0002"

COLUMNS = """
submissions delivered interests spam duplicates ignored unreadable parked waiting inquiries inquiries_created
inquiries_attached inquiries_reopened direct leads leads_amount merged repeat assigned contacted qualified
converted customers repeat_customers open postponed disqualified lost_leads lost_contacted lost_qualified
lost_converted here_leads here_contacted here_qualified here_converted with_deadline answered_in_time deals
deals_amount deals_open deals_open_amount forecast forecast_amount won won_amount lost lost_amount unconverted
stage_reached stage_passages
""".split()
TIMED = "time_leads time_contacted time_qualified time_converted first_response sales_cycle".split()
DIMENSIONS = ("d1", "d2", "d3", "d4", "d5")
KEY = ("workspace_id", "generation", "family", "basis", "grain", "day", *DIMENSIONS)
LANE = 12


def upgrade() -> None:
    """Makes the new tables, carries over what the old one holds, and drops it."""
    op.execute("ALTER TABLE cell RENAME TO cell_before")
    op.execute("ALTER INDEX pk_cell RENAME TO pk_cell_before")
    sums = [
        sa.Column(
            name,
            sa.Numeric if name.endswith("_amount") else sa.BigInteger,
            nullable=False,
            server_default=sa.text("0"),
        )
        for name in COLUMNS
    ]
    _create("cell", KEY, sums)
    counted = [sa.Column("n", sa.BigInteger, nullable=False), sa.Column("spread", sa.Numeric, nullable=False)]
    _create("cell_time", (*KEY, "measure"), [sa.Column("measure", sa.Text, nullable=False), *counted])
    for family, taken, dimensions in _families():
        _carry_over(family, taken, dimensions)
    op.execute("DROP TABLE cell_before")


def _create(table: str, key: tuple[str, ...], more: list[sa.Column[object]]) -> None:
    kinds = {"workspace_id": sa.Uuid, "generation": sa.BigInteger, "day": sa.Date}
    op.create_table(
        table,
        *(sa.Column(name, kinds.get(name, sa.Text), nullable=False) for name in KEY),
        *more,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
        sa.CheckConstraint("grain IN ('day', 'month')", name=f"ck_{table}_grain"),
        postgresql_with={"fillfactor": "80"},
    )
    tenant_table(op, table, service="analytics", app="SELECT")


def _families() -> list[tuple[str, str, tuple[str, ...]]]:
    """Family, the one it is taken from, and how its dimensions are called there."""
    kept = [(family, family, DIMENSIONS) for family in ("day", "source_owner", "owner", "product", "stage", "hour")]
    return [*kept, ("campaign", "source", DIMENSIONS), ("source", "source", ("d2", "''", "''", "''", "''"))]


def _carry_over(family: str, taken: str, dimensions: tuple[str, ...]) -> None:
    named = ", ".join(f"{expression} AS {name}" for expression, name in zip(dimensions, DIMENSIONS, strict=True))
    sums = ", ".join(f"coalesce(sum({_told(name)}), 0)" for name in COLUMNS)
    spread = f"sum((n::text || 'e' || bucket * {LANE})::numeric)"
    timed = ", ".join(f"'{name}'" for name in TIMED)
    for grain, day in (("day", "day"), ("month", "date_trunc('month', day)::date")):
        rows = f"(SELECT workspace_id, generation, basis, {day} AS cell_day, {named}, measure, bucket, n, amount FROM"
        rows += f" cell_before WHERE family = '{taken}') told"
        own = f"workspace_id, generation, '{family}', basis, '{grain}', cell_day, {', '.join(DIMENSIONS)}"
        grouped = f"workspace_id, generation, basis, cell_day, {', '.join(DIMENSIONS)}"
        op.execute(
            f"INSERT INTO cell ({', '.join((*KEY, *COLUMNS))}) SELECT {own}, {sums} FROM {rows} GROUP BY {grouped}"
        )
        if family in ("day", "source", "campaign", "owner"):
            op.execute(
                f"INSERT INTO cell_time ({', '.join((*KEY, 'measure', 'n', 'spread'))})"
                f" SELECT {own}, measure, sum(n), {spread} FROM {rows} WHERE measure IN ({timed}) AND n > 0"
                f" GROUP BY {grouped}, measure"
            )


def _told(column: str) -> str:
    name, value = (column.removesuffix("_amount"), "amount") if column.endswith("_amount") else (column, "n")
    return f"CASE WHEN measure = '{name}' THEN {value} END"
