"""The driver's own connections: for statements over arrays, whose rows are neither mapped nor compiled."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from leadkit.db import Database, role_name
from sqlalchemy.ext.asyncio import AsyncConnection

Connection = Any
"""An asyncpg connection; the driver carries no types."""


def document(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as one JSON document in UTF-8, for `jsonb_to_recordset(convert_from($1, 'UTF8')::jsonb)`: a text would be
    decoded here only to be encoded by the driver."""
    return orjson.dumps(rows, default=str, option=orjson.OPT_UTC_Z)


def as_is(json: bytes | None) -> orjson.Fragment | None:
    """JSON that is written already, for a place in a document."""
    return orjson.Fragment(json) if json is not None else None


class Lines:
    """Connections kept open for one short transaction after the other, without a session around each.

    A transaction costs a round trip less than one of `Database`, and no session; the roles and settings are the same.
    """

    def __init__(self, db: Database) -> None:
        self._engine = db.engine
        self._enter = (
            f"BEGIN; SET LOCAL ROLE {role_name(db.service, 'app')}; SET LOCAL plan_cache_mode = force_generic_plan; "
            "SET LOCAL app.workspace_id = "
        )
        self._idle: list[tuple[AsyncConnection, Connection]] = []

    @asynccontextmanager
    async def transaction(self, workspace_id: UUID, *, first: str = "") -> AsyncIterator[Connection]:
        """Committed at the end of the block; when it raises, the connection is given up and the server rolls back. What
        is to be run `first` goes with its beginning."""
        line, driver = await self._take()
        try:
            await driver.execute(f"{self._enter}'{UUID(int=workspace_id.int)}'; {first}")
            yield driver
            await driver.execute("COMMIT")
        except BaseException:
            driver.terminate()
            await line.invalidate()
            await line.close()
            raise
        self._idle.append((line, driver))

    async def _take(self) -> tuple[AsyncConnection, Connection]:
        while self._idle:
            line, driver = self._idle.pop()
            if not driver.is_closed():
                return line, driver
            await line.invalidate()
            await line.close()
        line = await self._engine.connect()
        return line, (await line.get_raw_connection()).driver_connection

    async def close(self) -> None:
        """Gives the connections back to the pool."""
        while self._idle:
            await self._idle.pop()[0].close()
