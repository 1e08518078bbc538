"""Unique names: the index decides, also between requests that run at once, and the client gets a clear refusal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leadkit.db import sqlstate
from leadkit.problems import Conflict
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

UNIQUE_VIOLATION = "23505"


@asynccontextmanager
async def unique(session: AsyncSession, refusal: Conflict) -> AsyncIterator[None]:
    """Flushes what the block changed; raises `refusal` when a unique index forbids it, and undoes the block."""
    try:
        async with session.begin_nested():
            yield
            await session.flush()
    except IntegrityError as error:
        if sqlstate(error) == UNIQUE_VIOLATION:
            raise refusal from None
        raise
