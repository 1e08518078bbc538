"""`python -m deploy.develop.migration <service> <message>`: write the revision that brings a schema to its tables.

The present revisions run in a throw-away PostgreSQL, and Alembic compares the result with the tables in the code.
The new file is a draft to be read: row-level security of a new table is a line that has to be added by hand.
"""

import argparse
import asyncio
from pathlib import Path

from alembic import command
from leadkit.db import ServiceName, engine_for, role_name
from leadkit.embedded import throwaway
from leadkit.migrations import migration_config
from leadkit.testing.databases import database_of
from sqlalchemy import Connection, text

from deploy.local.settings import SERVICES

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Read the command line and write the revision."""
    parser = argparse.ArgumentParser(prog="make migration", description=__doc__)
    parser.add_argument("service", choices=[service.name for service in SERVICES])
    parser.add_argument("message", help="what the revision does, in a few words")
    given = parser.parse_args()
    key = next(service.key for service in SERVICES if service.name == given.service)
    folder = ROOT / "services" / given.service
    with throwaway() as cluster:
        database = database_of(cluster, key, folder)
        asyncio.run(_draft(database.url, key, folder, given.message))


async def _draft(url: str, service: ServiceName, folder: Path, message: str) -> None:
    engine = engine_for(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SET ROLE {role_name(service, 'owner')}"))
            await connection.run_sync(_write_revision, folder, message)
    finally:
        await engine.dispose()


def _write_revision(connection: Connection, folder: Path, message: str) -> None:
    config = migration_config(folder)
    config.attributes["connection"] = connection
    number = len(list((folder / "migrations" / "versions").glob("[0-9]*.py"))) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    main()
