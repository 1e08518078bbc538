"""Leases: who may do a thing now. A row with an end, so that a crashed holder loses it by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, String, Table, Uuid, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit.db import Database, metadata

leases = metadata()

lease = Table(
    "lease",
    leases,
    Column("name", String(200), primary_key=True),
    Column("holder", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Index(None, "until"),
)


async def acquire(session: AsyncSession, name: str, holder: UUID, ttl_s: float) -> bool:
    """Takes or prolongs a lease for `ttl_s` seconds of the database's clock; False while another holds it."""
    present = await session.scalar(select(func.now()))
    assert isinstance(present, datetime)
    until = present + timedelta(seconds=ttl_s)
    statement = insert(lease).values(name=name, holder=holder, until=until)
    taken = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[lease.c.name],
            set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
            where=(lease.c.holder == holder) | (lease.c.until < present),
        ).returning(lease.c.name)
    )
    return taken.first() is not None


async def release(session: AsyncSession, name: str, holder: UUID) -> None:
    """Gives a lease back at once; one that another has taken meanwhile stays theirs."""
    await session.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


async def held(session: AsyncSession, name: str, holder: UUID) -> bool:
    """Whether `holder` still has the lease, locking its row: nobody takes it before this transaction ends."""
    statement = (
        update(lease)
        .where(lease.c.name == name, lease.c.holder == holder, lease.c.until > func.now())
        .values(holder=holder)
    )
    result = cast(CursorResult[Any], await session.execute(statement))
    return result.rowcount == 1


@asynccontextmanager
async def leased(db: Database, name: str, holder: UUID, ttl_s: float) -> AsyncIterator[bool]:
    """The lease for the length of the block, or False; given back at the end of the block, whatever happened in it."""
    async with db.transaction(role="worker") as session:
        got = await acquire(session, name, holder, ttl_s)
    try:
        yield got
    finally:
        if got:
            async with db.transaction(role="worker") as session:
                await release(session, name, holder)


async def live_holders(session: AsyncSession, prefix: str) -> int:
    """How many unexpired leases have a name that begins with `prefix` (worker heartbeats)."""
    found = await session.scalar(
        select(func.count()).select_from(lease).where(lease.c.name.startswith(prefix), lease.c.until > func.now())
    )
    return int(found or 0)


@asynccontextmanager
async def kept(db: Database, name: str, holder: UUID, ttl_s: float) -> AsyncIterator[Callable[[], bool] | None]:
    """The lease for work of any length, renewed meanwhile; None while another holds it. What is yielded tells whether
    it was lost after all."""
    if not await _renewed(db, name, holder, ttl_s):
        yield None
        return
    renewing = asyncio.create_task(_keep_renewing(db, name, holder, ttl_s))
    try:
        yield renewing.done
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        with suppress(OSError, DBAPIError):  # then it ends by itself
            async with db.transaction(role="worker") as session:
                await release(session, name, holder)


async def _renewed(db: Database, name: str, holder: UUID, ttl_s: float) -> bool:
    async with db.transaction(role="worker") as session:
        return await acquire(session, name, holder, ttl_s)


async def _keep_renewing(db: Database, name: str, holder: UUID, ttl_s: float) -> None:
    """Ends when the lease is lost."""
    while True:
        await asyncio.sleep(ttl_s / 4)
        if not await _renewed(db, name, holder, ttl_s):
            return
