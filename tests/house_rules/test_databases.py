"""Rules of the house that PostgreSQL itself can tell: tenancy, keys, and what a distributed engine refuses."""

from pathlib import Path

import asyncpg
import pytest
from alembic import command
from leadkit.db import Database, engine_for
from leadkit.ids import new_id
from leadkit.migrations import migration_config
from leadkit.testing.databases import TestDatabase
from sqlalchemy import Connection, text

SERVICES = ("core", "intake", "analytics")
FOLDERS = {"core": "crm-core", "intake": "lead-intake", "analytics": "analytics"}
# Tables without tenants, each for a reason: keys that are looked up before a workspace is known, what leadkit shares
# between the workspaces of a process, and the signing keys.
GLOBAL = {
    "alembic_version", "lease", "known_key", "revoked_token", "feed_position", "feed_counter", "feed",
    "door_key", "signing_key", "workspace",
}  # fmt: skip


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(service: str, request: pytest.FixtureRequest) -> TestDatabase:
    found: TestDatabase = request.getfixturevalue(f"{service}_database")
    return found


async def _rows(database: TestDatabase, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def _tenant_tables(database: TestDatabase) -> set[str]:
    rows = await _rows(
        database,
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'workspace_id'",
    )
    return {row["table_name"] for row in rows}


async def test_every_table_belongs_to_workspaces_or_is_known_to_be_shared(database: TestDatabase) -> None:
    tables = {
        row["tablename"] for row in await _rows(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }
    assert tables - await _tenant_tables(database) <= GLOBAL


async def test_row_level_security_is_forced_on_every_tenant_table(database: TestDatabase) -> None:
    rows = await _rows(database, "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    assert await _tenant_tables(database) - {row["relname"] for row in rows} - GLOBAL == set()


async def test_primary_keys_begin_with_the_workspace(database: TestDatabase) -> None:
    rows = await _rows(
        database,
        """
        SELECT c.relname, a.attname FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE i.indisprimary OR i.indisunique
        """,
    )
    tenant = await _tenant_tables(database) - GLOBAL
    assert {row["relname"] for row in rows if row["relname"] in tenant and row["attname"] != "workspace_id"} == set()


async def test_there_are_no_triggers_enums_or_deferred_constraints(database: TestDatabase) -> None:
    assert await _rows(database, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
    assert await _rows(database, "SELECT typname FROM pg_type WHERE typtype = 'e'") == []
    assert await _rows(database, "SELECT conname FROM pg_constraint WHERE condeferrable") == []
    assert await _rows(database, "SELECT conname FROM pg_constraint WHERE confdeltype = 'n'") == []


async def test_no_role_bypasses_row_level_security(database: TestDatabase, service: str) -> None:
    rows = await _rows(
        database,
        f"SELECT rolname FROM pg_roles WHERE rolname LIKE 'leadflow_{service}%' AND (rolbypassrls OR rolsuper)",
    )
    assert rows == []


async def test_a_query_without_a_workspace_sees_no_row_and_one_with_another_none_either(
    database: TestDatabase, service: str
) -> None:
    await database.empty()
    mine = new_id()
    await _write_one_outbox_row(database, service, mine)
    db = Database(engine_for(database.url, pool_size=1), service)  # type: ignore[arg-type]
    seen = {}
    for name, workspace in (("none", None), ("another", new_id()), ("mine", mine)):
        async with db.transaction(workspace) as session:
            seen[name] = await session.scalar(text("SELECT count(*) FROM outbox"))
    await db.close()
    assert seen == {"none": 0, "another": 0, "mine": 1}


async def test_no_tenant_table_shows_a_row_without_a_workspace(database: TestDatabase, service: str) -> None:
    connection = await asyncpg.connect(database.url)
    try:
        for table in sorted(await _tenant_tables(database) - GLOBAL):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL ROLE leadflow_{service}_app")
                try:
                    async with connection.transaction():
                        assert await connection.fetchval(f'SELECT count(*) FROM "{table}"') == 0, table
                except asyncpg.InsufficientPrivilegeError:
                    continue
    finally:
        await connection.close()


async def test_the_login_itself_may_read_nothing(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM outbox")
    finally:
        await connection.close()


async def test_migrations_and_tables_in_code_agree(database: TestDatabase, service: str) -> None:
    folder = Path(__file__).parents[2] / "services" / FOLDERS[service]

    def check(connection: Connection) -> None:
        config = migration_config(folder)
        config.attributes["connection"] = connection
        command.check(config)

    engine = engine_for(database.admin_url, pool_size=1)
    async with engine.connect() as connection:
        await connection.run_sync(check)
    await engine.dispose()


async def _write_one_outbox_row(database: TestDatabase, service: str, workspace: object) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute(
            "INSERT INTO outbox (workspace_id, event_id, type, subject, data, at) "
            "VALUES ($1, $2, 'x', $2, '{}', now())",
            workspace,
            new_id(),
        )
    finally:
        await connection.close()
