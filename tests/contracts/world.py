"""One workspace for the contract tests, made below the APIs so that each service can be tried by itself."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson
from leadkit.testing.databases import TestDatabase

WORKSPACE = UUID("0198f1d2-a0b1-7c3c-8d4e-5f60718293a4")


async def prepare(database: TestDatabase, jwk: dict[str, Any]) -> None:
    """An empty database that accepts the tests' tokens and, where there are workspaces, knows one."""
    await database.empty()
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute(
            "INSERT INTO known_key (kid, jwk) VALUES ($1, $2)", jwk["kid"], orjson.dumps(jwk).decode()
        )
    finally:
        await connection.close()
