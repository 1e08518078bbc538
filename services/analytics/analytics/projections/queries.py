"""What other slices read of the projections: the cells that count now, what they are counted in, and names."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit import clock
from leadkit.consumer import feed_position, lag_s
from leadkit.problems import Unavailable
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.tables import DimensionName, Generation, Rebuild, WorkspaceSetting

FEEDS = ("crm-core", "lead-intake")
"""The feeds that are projected, as `feed_position` names them."""


class WorkspaceNotKnown(Unavailable):
    """No event of the workspace has been read yet, so neither its zone nor its currency is known."""

    code = "workspace-not-known-yet"
    title = "analytics has not heard of this workspace yet"


class Setting(NamedTuple):
    """What the present cells are counted in: the old zone and currency while a change of them is worked in."""

    name: str
    time_zone: ZoneInfo
    currency: str
    language: str
    generation: int


CURRENT_CELLS = """workspace_id = :workspace_id AND generation = (
    SELECT s.generation FROM workspace_setting s WHERE s.workspace_id = :workspace_id)"""
"""The condition for cells of the generation to be read, in one statement with them: safe during a switch."""


async def workspace_setting(session: AsyncSession, workspace_id: UUID) -> Setting:
    """Zone and currency of the workspace's present cells; raises `WorkspaceNotKnown` before its first event."""
    active = (Generation.workspace_id == WorkspaceSetting.workspace_id) & (
        Generation.number == WorkspaceSetting.generation
    )
    row = (
        await session.execute(
            select(
                WorkspaceSetting.name,
                Generation.time_zone,
                Generation.currency,
                WorkspaceSetting.language,
                Generation.number,
            )
            .join(Generation, active)
            .where(WorkspaceSetting.workspace_id == workspace_id)
        )
    ).one_or_none()
    if row is None:
        raise WorkspaceNotKnown
    return Setting(row.name, ZoneInfo(row.time_zone), row.currency, row.language, row.number)


class Freshness(NamedTuple):
    """`as_of`: the time of the newest event counted; `lag_s`: by how much the numbers may be older than the feeds."""

    as_of: datetime | None
    lag_s: float | None


async def freshness(session: AsyncSession) -> Freshness:
    """How new the numbers are, by the feed that is read slowest; None before any event."""
    rows = (await session.execute(select(feed_position).where(feed_position.c.feed.in_(FEEDS)))).all()
    if not rows:
        return Freshness(None, None)
    now = clock.now()
    lags = [lag_s(read_at=row.read_at, event_at=row.event_at, behind=row.behind, now=now) for row in rows]
    return Freshness(max(row.event_at for row in rows), round(max(lags), 3))


async def known_workspaces(session: AsyncSession) -> Sequence[UUID]:
    """Every workspace that an event was read of (role worker)."""
    return (await session.scalars(select(WorkspaceSetting.workspace_id).order_by(WorkspaceSetting.workspace_id))).all()


async def names_of(session: AsyncSession, workspace_id: UUID, kind: str) -> Sequence[DimensionName]:
    """The known values of a kind (user, team, pipeline, stage, loss_reason, source), stages in their order."""
    return (
        await session.scalars(
            select(DimensionName)
            .where(DimensionName.workspace_id == workspace_id, DimensionName.kind == kind)
            .order_by(DimensionName.parent, DimensionName.position, DimensionName.name, DimensionName.id)
        )
    ).all()


class Progress(NamedTuple):
    """A rebuild with the number of facts its generation has counted so far."""

    rebuild: Rebuild
    facts_counted: int


async def latest_rebuild(session: AsyncSession, workspace_id: UUID) -> Progress | None:
    """The rebuild asked for last."""
    row = (
        await session.execute(
            select(Rebuild, Generation.facts_done)
            .outerjoin(
                Generation,
                (Generation.workspace_id == Rebuild.workspace_id) & (Generation.number == Rebuild.generation),
            )
            .where(Rebuild.workspace_id == workspace_id)
            .order_by(Rebuild.id.desc())
            .limit(1)
        )
    ).one_or_none()
    return Progress(row[0], row[1] or 0) if row else None
