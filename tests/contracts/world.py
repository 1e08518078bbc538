"""One workspace for the contract tests, made so that each service can be tried by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import orjson
from analytics.projections.projecting import project
from crm_core.access.workspaces.actions import create_workspace
from crm_core.mint import mint
from crm_core.settings import CoreSettings
from leadkit import clock
from leadkit.db import Database, ServiceName, engine_for
from leadkit.ids import new_id
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import TEST_KEY, TEST_KID
from leadkit.tokens import SCOPES, public_jwk
from sqlalchemy.ext.asyncio import AsyncSession

from tests.analytics.projections.histories import event, workspace

COMPANY = {
    "name": "Windows",
    "time_zone": "Europe/Moscow",
    "currency": "RUB",
    "default_region": "RU",
    "language": "en",
    "closed_lead_policy": "reopen",
    "retention": {},
}


async def prepare(service: str, database: TestDatabase) -> UUID:
    """An empty database that accepts the tests' tokens; the workspace it knows, as far as the service has any."""
    await database.empty()
    workspace_id = new_id()
    if service == "crm-core":
        await mint(CoreSettings(database_url=database.url, port=0), name="tests", scopes=sorted(SCOPES), days=1)
        async with _worker_session(database, "core") as session:
            made = await create_workspace(session, COMPANY, by="tests", now=clock.now())
            workspace_id = made.id
    if service == "analytics":
        async with _worker_session(database, "analytics") as session:
            await project(session, [event(workspace_id, "workspace.created", workspace())], now=clock.now())
    jwk = orjson.dumps(public_jwk(TEST_KID, TEST_KEY.public_key())).decode()
    await _insert(database, "INSERT INTO known_key (kid, jwk) VALUES ($1, $2)", TEST_KID, jwk)
    return workspace_id


@asynccontextmanager
async def _worker_session(database: TestDatabase, service: ServiceName) -> AsyncIterator[AsyncSession]:
    db = Database(engine_for(database.url, pool_size=1), service)
    async with db.transaction(role="worker") as session:
        yield session
    await db.close()


async def _insert(database: TestDatabase, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()
