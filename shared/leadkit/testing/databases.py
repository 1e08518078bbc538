"""Migrated databases in a throw-away cluster, one of each service for a test process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from leadkit.db import ServiceName
from leadkit.embedded.cluster import Cluster
from leadkit.migrations import migrate
from leadkit.settings import ServiceSettings

# What migrations wrote and what no test makes.
KEPT = frozenset({"alembic_version", "feed_counter"})


class TestDatabase:
    """The database of one service: `url` is the service's own login, `admin_url` the superuser's."""

    __test__ = False

    def __init__(self, cluster: Cluster, name: str, login: str) -> None:
        cluster.create_login_and_database(login, "secret", name)
        cluster.run_sql('ALTER ROLE :"login" CREATEROLE;', login=login)
        self.url = cluster.url(name, login, "secret")
        self.admin_url = cluster.url(name)
        self._connections: dict[asyncio.AbstractEventLoop, asyncpg.Connection] = {}
        self._question: str | None = None

    async def migrate(self, service: ServiceName, folder: Path) -> None:
        """Brings it to the newest revision, as the service's own migration does."""
        settings = ServiceSettings(database_url=self.url, port=0)
        await migrate(settings, service=service, folder=folder)

    async def empty(self) -> None:
        """Deletes every row that a test may have made; an unfinished sequencer's lease ends.

        Most tables are empty after most tests, so they are asked first: that is quicker than deleting from all.
        """
        async with self.connected() as connection:
            filled = [row["name"] for row in await connection.fetch(await self._filled(connection))]
            deletions = "".join(f'DELETE FROM "{table}"; ' for table in filled)
            await connection.execute(f"{deletions}UPDATE feed_counter SET leased_until = now() - interval '1 second'")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """The superuser's connection, without checks of references. Whoever is inside, in this loop, shares theirs."""
        loop = asyncio.get_running_loop()
        if loop in self._connections:
            yield self._connections[loop]
            return
        connection = self._connections[loop] = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            yield connection
        finally:
            del self._connections[loop]
            await connection.close()

    async def _filled(self, connection: asyncpg.Connection) -> str:
        """The question which tables have rows."""
        if self._question is None:
            rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [row["tablename"] for row in rows if row["tablename"] not in KEPT]
            self._question = " UNION ALL ".join(
                f"SELECT '{table}' AS name WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables
            )
        return self._question


def database_of(cluster: Cluster, service: ServiceName, folder: Path) -> TestDatabase:
    """A new, migrated database for `service`."""
    database = TestDatabase(cluster, f"leadflow_{service}", f"leadflow_{service}")
    asyncio.run(database.migrate(service, folder))
    return database
