"""Searching by a part of a name: under row-level security no index serves it, so it runs in the role `search`.

That role sees every workspace: what is searched in it must name its workspace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leadkit.db import role_name
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def searching(session: AsyncSession, *, when: bool = True) -> AsyncIterator[None]:
    """Inside the block the session has the role `search`, afterwards that of requests again; nothing unless `when`."""
    if not when:
        yield
        return
    await session.execute(text(f"SET LOCAL ROLE {role_name('core', 'search')}"))
    yield
    await session.execute(text(f"SET LOCAL ROLE {role_name('core', 'app')}"))
