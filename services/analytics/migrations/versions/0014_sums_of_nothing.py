"""A sum of nothing in a cell is NULL: most sums of most cells, which took half of what writing a cell costs."""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

COUNTS = """
submissions delivered interests spam duplicates ignored unreadable parked waiting inquiries inquiries_created
inquiries_attached inquiries_reopened direct leads merged repeat assigned contacted qualified converted customers
repeat_customers open postponed disqualified lost_leads lost_contacted lost_qualified lost_converted here_leads
here_contacted here_qualified here_converted with_deadline answered_in_time deals deals_open forecast won lost
unconverted stage_reached stage_passages
""".split()
AMOUNTS = tuple(f"{name}_amount" for name in ("leads", "deals", "deals_open", "forecast", "won", "lost"))


def upgrade() -> None:
    """Cells that are there keep their zeros until they are counted anew."""
    for name in (*COUNTS, *AMOUNTS):
        op.alter_column("cell", name, existing_type=_kind(name), nullable=True, server_default=None)


def downgrade() -> None:
    """Writes the zeros."""
    for name in (*COUNTS, *AMOUNTS):
        op.execute(f"UPDATE cell SET {name} = 0 WHERE {name} IS NULL")
        op.alter_column("cell", name, existing_type=_kind(name), nullable=False, server_default=sa.text("0"))


def _kind(name: str) -> sa.Numeric[Decimal] | sa.BigInteger:
    return sa.Numeric() if name in AMOUNTS else sa.BigInteger()
