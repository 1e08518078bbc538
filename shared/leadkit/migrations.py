"""Migrations: how a service's revisions run, and the row-level security they set up.

A service's `migrations/env.py` calls `run_env`; its revisions call `tenant_table` and `global_table` for each table.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from leadkit.consumer import positions
from leadkit.db import Role, ServiceName, engine_for, role_name
from leadkit.idempotency import idempotency
from leadkit.leases import leases
from leadkit.outbox import events
from leadkit.settings import ServiceSettings
from leadkit.tokens import identity

ROLES: tuple[Role, ...] = ("app", "worker", "owner", "search")
MIGRATION_LOCK = 7_015_023  # any number that nobody else uses for advisory locks in this database
LIMITS = {"lock_timeout": "5s", "statement_timeout": "0", "citus.multi_shard_modify_mode": "sequential"}


SHARED: tuple[MetaData, ...] = (leases, identity, idempotency, positions, events)
"""The tables that leadkit itself needs in every service's database."""


class Migration(Protocol):
    """What is used here of alembic's `op`."""

    def execute(self, sqltext: str, /) -> None:
        """Runs one statement."""

    def get_bind(self) -> Connection:
        """The connection that is being migrated."""


class RolesMissing(Exception):
    """The login may not enter the roles that row-level security is written for, and may not create them either."""


def tenant_table(
    op: Migration, table: str, *, service: ServiceName, app: str = "SELECT, INSERT, UPDATE, DELETE"
) -> None:
    """Row-level security of a table with `workspace_id`: `app` sees its workspace, the other roles every row."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    column = "id" if table == "workspace" else "workspace_id"
    own = f"{column} = nullif(current_setting('app.workspace_id', true), '')::uuid"
    op.execute(f"CREATE POLICY app ON {table} TO {role_name(service, 'app')} USING ({own}) WITH CHECK ({own})")
    for role in ("worker", "owner", "search"):
        op.execute(f"CREATE POLICY {role} ON {table} TO {role_name(service, role)} USING (true) WITH CHECK (true)")
    global_table(op, table, service=service, app=app)


def global_table(op: Migration, table: str, *, service: ServiceName, app: str = "SELECT") -> None:
    """A table without tenants (keys of doors, leases, positions): no row-level security, `app` gets what is named."""
    if app:
        op.execute(f"GRANT {app} ON {table} TO {role_name(service, 'app')}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role_name(service, 'worker')}")
    op.execute(f"GRANT SELECT ON {table} TO {role_name(service, 'search')}")


def create_shared_tables(op: Migration, *, service: ServiceName) -> None:
    """Creates leadkit's own tables, their policies and the feed's counter, in a service's first revision."""
    for tables in SHARED:
        tables.create_all(op.get_bind(), checkfirst=False)
    for table in ("outbox", "feed", "idempotency_record"):
        tenant_table(op, table, service=service)
    for table in ("lease", "known_key", "revoked_token", "feed_position", "feed_counter"):
        global_table(op, table, service=service)
    op.execute("INSERT INTO feed_counter (id, position, epoch, leased_until) VALUES (1, 0, 0, now())")


Step = Callable[[Connection], None]


def run_env(own: MetaData, *, before: Step | None = None, after: Step | None = None) -> None:
    """The body of a service's `env.py`: compares with `own` and leadkit's tables, on the connection of `migrate`.

    `before` runs ahead of revisions, when there are any to run, and `after` behind every migration, all of it in one
    transaction: for views that follow from the code.
    """
    connection = context.config.attributes["connection"]
    upgrading = context.config.attributes.get("upgrading", False)
    context.configure(connection=connection, target_metadata=[own, *SHARED], compare_type=True)
    with context.begin_transaction():
        if (
            before is not None
            and upgrading
            and context.get_context().get_current_revision() != context.get_head_revision()
        ):
            before(connection)
        context.run_migrations()
        if after is not None and upgrading:
            after(connection)


def migration_config(folder: Path) -> Config:
    """Alembic's configuration for the service whose `alembic.ini` lies in `folder`."""
    config = Config(str(folder / "alembic.ini"))
    config.set_main_option("script_location", str(folder / "migrations"))
    return config


async def migrate(settings: ServiceSettings, *, service: ServiceName, folder: Path) -> None:
    """Brings the database to the newest revision; a second migrator waits for the first.

    Raises `RolesMissing` when the roles are not there and the login may not create them.
    """
    engine = engine_for(settings.owner_url or settings.database_url, pool_size=1, **LIMITS)
    try:
        async with engine.connect() as connection:
            await _ensure_roles(connection, service)
            await connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
            await connection.execute(text(f"SET ROLE {role_name(service, 'owner')}"))
            await connection.commit()
            await connection.run_sync(_upgrade, folder)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path) -> None:
    config = migration_config(folder)
    config.attributes.update(connection=connection, upgrading=True)
    command.upgrade(config, "head")


async def _ensure_roles(connection: AsyncConnection, service: ServiceName) -> None:
    """Creates what is missing of the four roles and lets the login enter them, without lending it their policies."""
    wanted = [role_name(service, role) for role in ROLES]
    if await _may_enter(connection, wanted):
        return
    try:
        present = set((await connection.execute(text("SELECT rolname FROM pg_roles"))).scalars())
        for role in wanted:
            if role not in present:
                await connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
            await connection.execute(text(f"GRANT {role} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE"))
        owner = role_name(service, "owner")
        await connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}"))
        for role in wanted:
            await connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
        await connection.commit()
    except Exception as error:
        raise RolesMissing(
            f"the database login may neither enter nor create the roles {', '.join(wanted)}; "
            "let an administrator create them and grant them to it WITH INHERIT FALSE, SET TRUE"
        ) from error


async def _may_enter(connection: AsyncConnection, roles: list[str]) -> bool:
    rows = await connection.execute(
        text(
            "SELECT count(*) FROM pg_roles WHERE rolname = ANY(:roles) "
            "AND pg_has_role(current_user, rolname, 'SET') "
            "AND (NOT rolname LIKE '%\\_owner' OR has_schema_privilege(rolname, 'public', 'CREATE'))"
        ),
        {"roles": roles},
    )
    return int(rows.scalar_one()) == len(roles)


def main(settings: ServiceSettings, *, service: ServiceName, folder: Path) -> None:
    """`python -m <service>.migrate`: one clear sentence and exit code 1 when it cannot."""
    try:
        asyncio.run(migrate(settings, service=service, folder=folder))
    except ArgumentError as error:
        raise SystemExit(
            f"{service}: the database address cannot be read; it looks like postgresql://user@host/name"
        ) from error
    except CommandError as error:
        raise SystemExit(
            f"{service}: the database has migrations this code does not know: run the code it was made with, or newer"
        ) from error
    except (RolesMissing, OSError, DBAPIError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise SystemExit(f"{service}: the database cannot be migrated: {reason}") from error
