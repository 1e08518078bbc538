"""The index over words, by which rows are found whose words begin with what is searched."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = ("lead", "contact", "company", "deal")
LONG = r"(\S{100})\S+"
"""What words keep, as `search_text` now cuts them: a lexeme has at most 2 kB."""
LEXEMES = (
    "array_to_tsvector(string_to_array("
    "substr(replace(search_text, ' ', ' ' || right(CAST(workspace_id AS text), 6)), 2), ' '))"
)


def upgrade() -> None:
    """Rows with too long words are written anew."""
    for table in TABLES:
        op.execute(
            f"UPDATE {table} SET search_text = regexp_replace(search_text, '{LONG}', '\\1', 'g') "
            f"WHERE search_text ~ '{LONG}'"
        )
        op.execute(
            f"CREATE INDEX ix_{table}_words ON {table} USING gin ({LEXEMES}) WITH (gin_pending_list_limit = 1024)"
        )


def downgrade() -> None:
    """Searches read trigrams alone again."""
    for table in TABLES:
        op.execute(f"DROP INDEX ix_{table}_words")
