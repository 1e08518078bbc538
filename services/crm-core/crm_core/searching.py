"""The role in which a list is read: under row-level security only leakproof operators use an index, so a list that is
searched, or narrowed by other ones, is read in the role `search`.

That role sees every workspace: what is read in it must name its workspace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leadkit.db import role_name, set_local
from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def listing_of(session: AsyncSession, *, search: bool) -> AsyncIterator[None]:
    """Inside the block the statements of a list are planned for the values that were asked, a rare word otherwise than
    a frequent one, without parallel workers, whose start takes longer than the answer, and with `search` in the role of
    searches; afterwards the role is that of requests again."""
    role = [f"ROLE {role_name('core', 'search')}"] if search else []
    await set_local(session, *role, "plan_cache_mode = force_custom_plan", "max_parallel_workers_per_gather = 0")
    yield
    if search:
        await set_local(session, f"ROLE {role_name('core', 'app')}")


@asynccontextmanager
async def without_bitmaps(session: AsyncSession) -> AsyncIterator[None]:
    """Inside the block no index is used but in its own order: rows come as they are sorted, the first ones first."""
    await set_local(session, "enable_bitmapscan = off")
    yield
    await set_local(session, "enable_bitmapscan = on")
