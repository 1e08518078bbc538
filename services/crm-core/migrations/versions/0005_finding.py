"""Finding: the words rows are searched by, their next steps, and an index for every order and filter of a list."""

import sqlalchemy as sa
from alembic import op
from leadkit.db import role_name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NEVER = "CAST('9999-12-31 00:00:00+00:00' AS timestamp with time zone)"
OPEN_LEAD = "status IN ('new', 'assigned', 'in_progress', 'qualified')"
PERSON = "concat_ws(' ', person->>'full_name', person->>'last_name', person->>'first_name', person->>'middle_name', "

# What the code writes from now on (`finding/words.py`), as near as SQL comes; a row's next change makes it exact.
WORDS = {
    "lead": f"{PERSON} person->>'company', subject, array_to_string(emails, ' '), "
    "replace(array_to_string(phones, ' '), '+', ''))",
    "contact": f"{PERSON} person->>'company', position, "
    "(SELECT replace(string_agg(value, ' '), '+', '') FROM contact_point "
    "WHERE contact_point.workspace_id = contact.workspace_id AND contact_id = contact.id))",
    "company": "concat_ws(' ', name, tax_number, website, array_to_string(emails, ' '), "
    "replace(array_to_string(phones, ' '), '+', ''))",
    "deal": "name",
}
CREATED = {
    "lead": ("channel", "temperature"),
    "deal": ("pipeline_id", "team_id"),
    "contact": ("kind", "team_id"),
}
ORDERED = {
    "lead": {"last_activity": "last_activity_at", "name": "search_name"},
    "deal": {"name": "name", "entered_stage": "entered_stage_at"},
    "contact": {"name": "search_name"},
    "activity": {"created": "created_at", "updated": "updated_at"},
}
COMPUTED = {
    "lead": {
        "respond_by": f"coalesce(respond_by, {NEVER})",
        "next_step": f"coalesce(next_step_at, {NEVER})",
    },
    "deal": {
        "expected_close": "coalesce(expected_close, CAST('9999-12-31' AS date))",
        "amount": "coalesce(amount, 0)",
        "next_step": f"coalesce(next_step_at, {NEVER})",
    },
    "activity": {"due": f"coalesce(due_at, {NEVER})"},
}


def upgrade() -> None:
    """Adds and fills the columns, then the indexes."""
    op.execute("RESET ROLE")  # only who may create in the database may add an extension
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.execute(f"SET ROLE {role_name('core', 'owner')}")
    op.drop_index("ix_lead_search_name", "lead")
    _search_texts()
    _next_steps()
    _indexes()
    _only_where_there_is_one()
    _touches()


def _search_texts() -> None:
    op.execute("UPDATE lead SET search_name = left(search_name, 200) WHERE length(search_name) > 200")
    op.execute("UPDATE contact SET search_name = left(search_name, 200) WHERE length(search_name) > 200")
    for table, words in WORDS.items():
        op.add_column(table, sa.Column("search_text", sa.Text))
        op.execute(f"UPDATE {table} SET search_text = left(' ' || replace(lower({words}), 'ё', 'е'), 1000)")
        op.alter_column(table, "search_text", nullable=False)
        op.create_index(
            f"ix_{table}_search", table, ["workspace_id", "search_text"], postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"}, postgresql_with={"gin_pending_list_limit": 1024},
        )  # fmt: skip
        op.create_index(f"ix_{table}_tags", table, ["workspace_id", "tags"], postgresql_using="gin")


def _next_steps() -> None:
    for table, without in (("lead", OPEN_LEAD), ("deal", "status = 'open'")):
        op.create_index(
            f"ix_activity_open_{table}", "activity", ["workspace_id", f"{table}_id"],
            postgresql_where=sa.text("completed_at IS NULL"),
        )  # fmt: skip
        op.add_column(table, sa.Column("next_step_at", TIME))
        op.execute(
            f"UPDATE {table} SET next_step_at = due.at FROM (SELECT workspace_id, {table}_id, "
            "min(coalesce(due_at, at)) AS at FROM activity WHERE completed_at IS NULL GROUP BY 1, 2) AS due "
            f"WHERE due.workspace_id = {table}.workspace_id AND due.{table}_id = {table}.id"
        )
        op.create_index(
            f"ix_{table}_no_next_step", table, ["workspace_id", "created_at", "id"],
            postgresql_where=sa.text(f"next_step_at IS NULL AND {without}"),
        )  # fmt: skip


def _indexes() -> None:
    for table, filtered in CREATED.items():
        for column in filtered:
            op.create_index(
                f"ix_{table}_{column.removesuffix('_id')}", table, ["workspace_id", column, "created_at", "id"]
            )
    for table, orders in ORDERED.items():
        for name, column in orders.items():
            op.create_index(f"ix_{table}_{name}", table, ["workspace_id", column, "id"])
    for table, orders in COMPUTED.items():
        for name, expression in orders.items():
            op.create_index(f"ix_{table}_{name}", table, ["workspace_id", sa.text(expression), "id"])
    for name, column in (("kind", "kind"), ("team", "team_id")):
        op.create_index(f"ix_activity_{name}", "activity", ["workspace_id", column, "at", "id"])


def _only_where_there_is_one() -> None:
    for name, columns in (
        ("product", ["product", "created_at", "id"]),
        ("loss_reason", ["loss_reason_id", "created_at", "id"]),
        ("deal", ["deal_id"]),
    ):
        there = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(f"ix_lead_{name}", "lead", ["workspace_id", *columns], postgresql_where=there)


def _touches() -> None:
    for name in ("source", "campaign"):
        said = sa.text(f"coalesce((attribution -> 'last') ->> '{name}', (attribution -> 'first') ->> '{name}')")
        op.create_index(f"ix_lead_utm_{name}", "lead", ["workspace_id", said, "created_at", "id"])
