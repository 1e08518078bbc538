"""The views of schema `bi`, written anew at the end of a migration whenever what they follow from has changed.

They follow from `exports.sets` and the catalogues, comments included. A view has the rights of its reader
(`security_invoker`), and the policies below bind a reader to the workspace of its login, which it cannot change: unlike
a setting, `session_user` is what it signed in as.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import structlog
from leadkit.db import role_name
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.exc import DBAPIError

from analytics.exports.sets import SETS, FlatSet

log = structlog.get_logger()

READER: Final = "leadflow_analytics_bi_reader"
OWNER: Final = role_name("analytics", "owner")
BEHIND: Final = ("cell", "workspace_setting", "dimension_name", "fact_lead", "fact_deal", "fact_inquiry", "spend_line")
"""The tables that the views read."""

_ACCESS: Final = "FROM bi_access b WHERE b.login = session_user::text AND b.revoked_at IS NULL"
OWN: Final = f"workspace_id = (SELECT b.workspace_id {_ACCESS})"


def take_away_views(connection: Connection) -> None:
    """Drops the views, in the transaction that then changes the tables behind them: a column in use cannot change."""
    if connection.scalar(text("SELECT to_regnamespace('bi')")) is None:
        return
    for view in connection.scalars(text("SELECT viewname FROM pg_views WHERE schemaname = 'bi'")).all():
        connection.execute(text(f'DROP VIEW bi."{view}"'))
    connection.execute(text("COMMENT ON SCHEMA bi IS NULL"))


def bring_views(connection: Connection) -> None:
    """Makes the views what the code says, unless they are. Without the right to make roles there are none."""
    statements = tuple(_statements())
    mark = f"Leadflow for BI tools, read-only ({hashlib.sha256(repr(statements).encode()).hexdigest()[:16]})"
    if connection.scalar(text("SELECT obj_description(to_regnamespace('bi'), 'pg_namespace')")) == mark:
        return
    try:
        with connection.begin_nested():
            _prepare(connection)
    except DBAPIError as error:
        log.warning("no_bi_schema", reason=str(error.orig).splitlines()[0])
        return
    finally:
        connection.execute(text(f"SET ROLE {OWNER}"))
    take_away_views(connection)
    for statement in (*statements, f"COMMENT ON SCHEMA bi IS {_quoted(mark)}"):
        connection.exec_driver_sql(statement)


def _prepare(connection: Connection) -> None:
    """The role and the schema, by the login itself: the owner role may make neither everywhere.

    What concerns the database is done where it is ours; elsewhere its administrator decides who connects.
    """
    connection.execute(text("RESET ROLE"))
    if not connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": READER}):
        connection.execute(text(f"CREATE ROLE {READER} NOLOGIN"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS bi AUTHORIZATION {OWNER}"))
    owner = connection.scalar(
        text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
    )
    if owner == OWNER:
        connection.execute(text(f"SET ROLE {OWNER}"))
    if owner in (OWNER, connection.scalar(text("SELECT session_user"))):
        name = connection.scalar(text("SELECT quote_ident(current_database())"))
        connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {name} TO {READER}")
        # Everybody may make temporary tables otherwise, which is a way to fill a disk; we make none.
        connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")


def _statements() -> Iterator[str]:
    # Before anything is granted on them: else autovacuum, which holds a table and waits for its row of the catalogue,
    # and we, who hold the row and wait for the table, would wait for each other.
    yield f"LOCK TABLE {', '.join((*BEHIND, 'bi_access'))} IN ACCESS EXCLUSIVE MODE"
    yield f"GRANT USAGE ON SCHEMA bi TO {READER}"
    for table in BEHIND:
        yield f"GRANT SELECT ON {table} TO {READER}"
        yield f"DROP POLICY IF EXISTS bi_reader ON {table}"
        yield f"CREATE POLICY bi_reader ON {table} FOR SELECT TO {READER} USING ({OWN})"
    yield f"GRANT SELECT (workspace_id, login, revoked_at) ON bi_access TO {READER}"
    yield "DROP POLICY IF EXISTS bi_reader ON bi_access"
    yield f"CREATE POLICY bi_reader ON bi_access FOR SELECT TO {READER} USING (login = session_user::text)"
    for each in SETS:
        yield from _view(each)


def _view(wanted: FlatSet) -> Iterator[str]:
    compiled = wanted.rows(None).compile(
        dialect=dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True, "render_postcompile": True},
    )
    yield f"CREATE VIEW bi.{wanted.key} WITH (security_invoker) AS {compiled}"
    yield f"GRANT SELECT ON bi.{wanted.key} TO {READER}"
    yield f"COMMENT ON VIEW bi.{wanted.key} IS {_quoted(wanted.definition)}"
    for column in wanted.columns:
        yield f'COMMENT ON COLUMN bi.{wanted.key}."{column.key}" IS {_quoted(column.definition)}'


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
