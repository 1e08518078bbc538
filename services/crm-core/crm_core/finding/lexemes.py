"""The index over words: each word of a row beside its workspace, so that a question reads no other workspace's rows.

PostgreSQL's trigrams answer for any part of a text, but read all rows that have each three letters of it (30 ms for a
surname of a million leads). A word's beginning is one place in this index (under 1 ms), and most of what is searched
is the beginning of a word. A word's lexeme begins with the end of its workspace's id, since a GIN index over two
columns would read the workspace's list of all its rows with every question; that two workspaces share an end does no
harm, for the rows are told apart by their column."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, literal, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY

TAG = 6
"""Characters of the workspace's id in a lexeme."""


def lexemes(table: str = "") -> str:
    """What is indexed, as SQL over the row (of `table`, in a query): the words of `search_text`, each of which has a
    space before it."""
    of = f"{table}." if table else ""
    tagged = f"replace({of}search_text, ' ', ' ' || right(CAST({of}workspace_id AS text), {TAG}))"
    return f"array_to_tsvector(string_to_array(substr({tagged}, 2), ' '))"


def begin_with(table: str, workspace_id: UUID, terms: Sequence[str]) -> ColumnElement[bool]:
    """That words of the table's row begin with each of the terms."""
    tag = str(workspace_id)[-TAG:]
    asked = " & ".join(f"'{tag}{_quoted(term)}':*" for term in terms)
    return literal_column(lexemes(table)).op("@@", is_comparison=True)(cast(literal(asked, Text), TSQUERY))


def _quoted(term: str) -> str:
    return term.replace("\\", "\\\\").replace("'", "''")
