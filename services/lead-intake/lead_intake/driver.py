"""The driver's connection under a session, in the session's transaction: for statements over arrays, whose rows are
neither mapped nor compiled."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Connection = Any
"""An asyncpg connection; the driver carries no types."""


async def driver_of(session: AsyncSession) -> Connection:
    """What is executed on it belongs to the session's transaction."""
    return (await (await session.connection()).get_raw_connection()).driver_connection
