"""The worker's part: what came in since is compared with its like, kind by kind, workspace by workspace."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from sqlalchemy import literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import workspace_ids
from crm_core.duplicates.candidates import Source
from crm_core.duplicates.finding import SOURCES, look_for_duplicates
from crm_core.duplicates.tables import DuplicateScan

EVERY_S = 1
SHARE = 0.05
"""Of the time: a comparison costs PostgreSQL many times what an inquiry does, and a flood of leads must not bring it to
do nothing else. The busier the machine, the longer a round takes, and the longer is the rest after it."""

BATCH = 15
MOST_BATCHES = 2
"""Of one kind and workspace in a round: others get their turn."""

SETTLED = timedelta(seconds=5)
"""Younger rows may have neighbours that are not committed yet."""

FIRST_LOOK = timedelta(days=7)
"""Where a workspace is scanned for the first time, older cards are compared when somebody looks at them."""


async def find_duplicates(db: Database) -> int:
    """Compares what came in since the last time; answers how many cards."""
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = await workspace_ids(session)
    compared = 0
    for workspace_id in workspaces:
        for source in SOURCES:
            for _ in range(MOST_BATCHES):
                async with db.transaction(workspace_id) as session:
                    batch = await _batch(session, source, workspace_id, clock.now())
                compared += batch
                if batch < BATCH:
                    break
    return compared


async def _batch(session: AsyncSession, source: Source, workspace_id: UUID, now: datetime) -> int:
    """The next cards of one kind; another worker that is at it leaves nothing to do here."""
    scan = await session.scalar(
        select(DuplicateScan)
        .where(DuplicateScan.workspace_id == workspace_id, DuplicateScan.entity == source.entity)
        .with_for_update(skip_locked=True)
    )
    if scan is None:
        begin = now - FIRST_LOOK
        begun = {"workspace_id": workspace_id, "entity": source.entity, "created_at": begin, "last_id": UUID(int=0)}
        made = await session.execute(
            upsert(DuplicateScan).values(begun).on_conflict_do_nothing().returning(DuplicateScan.entity)
        )
        return BATCH if made.first() else 0
    table: Any = source.table
    after = tuple_(literal(scan.created_at, table.created_at.type), literal(scan.last_id, table.id.type))
    rows = (
        await session.execute(
            select(table.id, table.created_at)
            .where(table.workspace_id == workspace_id, tuple_(table.created_at, table.id) > after, source.living)
            .where(table.created_at < now - SETTLED)
            .order_by(table.created_at, table.id)
            .limit(BATCH)
        )
    ).all()
    for row_id, _ in rows:
        await look_for_duplicates(session, source, workspace_id, row_id, now=now)
    if rows:
        scan.last_id, scan.created_at = rows[-1]
    return len(rows)
