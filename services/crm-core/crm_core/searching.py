"""The role in which a list is read: under row-level security only leakproof operators use an index, so a list that is
searched, or narrowed by other ones, is read in the role `search`.

That role sees every workspace: what is read in it must name its workspace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from leadkit.db import role_name
from sqlalchemy.ext.asyncio import AsyncSession


@asynccontextmanager
async def listing_of(session: AsyncSession, *, search: bool) -> AsyncIterator[None]:
    """Inside the block the statements of a list are planned for the values that were asked, a rare word otherwise than
    a frequent one, and with `search` in the role of searches; afterwards the role is that of requests again."""
    driver = await _driver(session)
    role = f"SET LOCAL ROLE {role_name('core', 'search')}; " if search else ""
    await driver.execute(f"{role}SET LOCAL plan_cache_mode = force_custom_plan")
    yield
    if search:
        await driver.execute(f"SET LOCAL ROLE {role_name('core', 'app')}")


@asynccontextmanager
async def without_bitmaps(session: AsyncSession) -> AsyncIterator[None]:
    """Inside the block no index is used but in its own order: rows come as they are sorted, the first ones first."""
    driver = await _driver(session)
    await driver.execute("SET LOCAL enable_bitmapscan = off")
    yield
    await driver.execute("SET LOCAL enable_bitmapscan = on")


async def _driver(session: AsyncSession) -> Any:
    """The driver's own connection: settings need no statement prepared and kept."""
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    assert driver is not None
    return driver
