"""A second connection that helps the one which holds a workspace: PostgreSQL works on two statements at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.tables import WorkspaceSetting

Beside = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Begins a transaction on a connection of its own."""


async def both(one: Awaitable[bool], other: Awaitable[bool]) -> tuple[bool, bool]:
    """Waits for both, whatever becomes of either, then raises the error of one."""
    ends = await asyncio.gather(one, other, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return ends[0] is True, ends[1] is True


@asynccontextmanager
async def joined(beside: Beside, workspace_id: UUID) -> AsyncIterator[AsyncSession]:
    """A transaction beside one that holds the workspace: nobody else holds it before both have ended."""
    async with beside() as other:
        own = select(WorkspaceSetting.workspace_id).where(WorkspaceSetting.workspace_id == workspace_id)
        await other.execute(own.with_for_update(read=True, key_share=True))
        yield other
