from alembic import op
from leadkit.migrations import create_shared_tables, tenant_table

from tests.leadkit.toy.service import note

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_shared_tables(op, service="core")
    note.create(op.get_bind())
    tenant_table(op, "note", service="core")


def downgrade() -> None:
    op.drop_table("note")
