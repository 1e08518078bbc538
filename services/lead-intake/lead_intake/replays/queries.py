"""Reading replays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.replays.schemas import ReplayOut, ReplayWanted
from lead_intake.replays.tables import Replay
from lead_intake.submissions.queries import Wanted

OPEN = ("queued", "running")


def replays_of(workspace_id: UUID) -> Select[Replay]:
    """The statement for the list of replays."""
    return select(Replay).where(Replay.workspace_id == workspace_id)


async def replay_by_id(session: AsyncSession, workspace_id: UUID, replay_id: UUID, *, lock: bool = False) -> Replay:
    """The replay; raises `NotFound`."""
    statement = select(Replay).where(Replay.workspace_id == workspace_id, Replay.id == replay_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound("There is no such replay.")
    return row


async def open_replays(session: AsyncSession, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Workspace and id of those that are not finished, oldest first (role worker)."""
    statement = select(Replay.workspace_id, Replay.id).where(Replay.status.in_(OPEN))
    return [(row[0], row[1]) for row in await session.execute(statement.order_by(Replay.created_at).limit(limit))]


def filter_of(wanted: ReplayWanted, *, before: datetime) -> Wanted:
    """The submissions a replay goes through: what comes after it was asked for is none of its business."""
    return Wanted(
        statuses=wanted.statuses,
        channel=wanted.channel,
        provider=wanted.provider,
        source_id=wanted.source_id,
        received_from=wanted.received_from,
        received_to=min(wanted.received_to, before) if wanted.received_to else before,
        reason=wanted.reason,
    )


def shown(row: Replay) -> ReplayOut:
    """A replay as clients see it."""
    return ReplayOut.model_validate(row, from_attributes=True)
