"""`python -m deploy.develop.migration <service> <message>`: draft the revision that brings a schema to its tables.

The present revisions run in a throw-away PostgreSQL, and Alembic compares the result with the tables in the code.
The new file is a draft to be read: the row-level security of a new table is a line that has to be added by hand.
"""

import argparse
import asyncio
import re
from importlib import import_module
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from leadkit.db import engine_for, role_name
from leadkit.embedded import throwaway
from leadkit.migrations import SHARED
from leadkit.testing.databases import database_of
from sqlalchemy import Connection, MetaData, text

from deploy.local.settings import SERVICES, Service

ROOT = Path(__file__).resolve().parents[2]

DRAFT = '''"""{message}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """{message}."""
    {steps}
'''


def main() -> None:
    """Read the command line, write the draft and say where it is."""
    parser = argparse.ArgumentParser(prog="make migration", description=__doc__)
    parser.add_argument("service", choices=[service.name for service in SERVICES])
    parser.add_argument("message", help="what the revision does, in a few words")
    given = parser.parse_args()
    service = next(service for service in SERVICES if service.name == given.service)
    folder = ROOT / "services" / service.name
    with throwaway() as cluster:
        database = database_of(cluster, service.key, folder)
        steps = asyncio.run(_differences(database.url, service))
    print(f"wrote {_write(folder / 'migrations' / 'versions', given.message.strip().rstrip('.'), steps)}")


async def _differences(url: str, service: Service) -> str:
    """The steps from the schema to the tables, as Python."""
    metadata = import_module(f"{service.module}.tables").METADATA
    engine = engine_for(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"SET ROLE {role_name(service.key, 'owner')}"))
            return await connection.run_sync(_rendered, metadata)
    finally:
        await engine.dispose()


def _rendered(connection: Connection, own: MetaData) -> str:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": [own, *SHARED]})
    script = produce_migrations(context, context.opts["target_metadata"])
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        raise SystemExit("The schema is what the tables say: there is nothing to migrate.")
    return render_python_code(script.upgrade_ops, migration_context=context)


def _write(versions: Path, message: str, steps: str) -> Path:
    before = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    revision = f"{int(before) + 1:04d}"
    path = versions / f"{revision}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')}.py"
    path.write_text(DRAFT.format(message=message, revision=revision, before=before, steps=steps))
    return path


if __name__ == "__main__":
    main()
