"""Asking for a replay, and each of its steps."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Conflict
from leadkit.sealing import Sealer
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.normalising.pipeline import NORMALISER_VERSION
from lead_intake.replays.queries import OPEN, filter_of, replay_by_id
from lead_intake.replays.schemas import ReplayWanted
from lead_intake.replays.tables import Replay
from lead_intake.submissions.actions import replay_each
from lead_intake.submissions.queries import found_after, how_many

AT_ONCE = 200


class ReplayOver(Conflict):
    """The replay is over."""

    code = "replay-over"
    title = "The replay is not running any more"


async def count_replay(session: AsyncSession, wanted: ReplayWanted, *, workspace_id: UUID, now: datetime) -> int:
    """How many submissions a replay would read again now."""
    return await how_many(session, workspace_id, filter_of(wanted, before=now))


async def start_replay(session: AsyncSession, wanted: ReplayWanted, *, workspace_id: UUID, now: datetime) -> Replay:
    """A replay for the worker, of all that is there by now."""
    row = Replay(
        workspace_id=workspace_id, id=new_id(), wanted=wanted.model_dump(mode="json", exclude_none=True),
        status="queued", normaliser_version=NORMALISER_VERSION,
        total=await count_replay(session, wanted, workspace_id=workspace_id, now=now),
        done=0, changed=0, unchanged=0, failed=0, last_received_at=None, last_id=None,
        created_at=now, finished_at=None, updated_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def cancel_replay(session: AsyncSession, replay_id: UUID, *, workspace_id: UUID, now: datetime) -> Replay:
    """Stops after the step at hand. Raises `NotFound`, `ReplayOver`."""
    row = await replay_by_id(session, workspace_id, replay_id, lock=True)
    if row.status not in OPEN:
        raise ReplayOver(f"Its status is {row.status}.")
    row.status, row.finished_at, row.updated_at = "cancelled", now, now
    await session.flush()
    return row


async def take_step(
    session: AsyncSession, replay_id: UUID, sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> bool:
    """Reads the next submissions again and notes how far it has come, in one transaction; False when it is over.

    The replay's row is locked meanwhile: two workers at one replay take their steps one after the other.
    """
    row = await replay_by_id(session, workspace_id, replay_id, lock=True)
    if row.status not in OPEN:
        return False
    wanted = filter_of(ReplayWanted.model_validate(row.wanted), before=row.created_at)
    place = (row.last_received_at, row.last_id) if row.last_received_at and row.last_id else None
    found = await found_after(session, workspace_id, wanted, place, AT_ONCE)
    row.status, row.normaliser_version, row.updated_at = "running", NORMALISER_VERSION, now
    if not found:
        row.status, row.finished_at = "done", now
        await session.flush()
        return False
    gathered = await replay_each(session, found, sealer, workspace_id=workspace_id, now=now)
    row.done += len(found)
    row.changed += gathered.changed
    row.unchanged += gathered.unchanged
    row.failed += gathered.failed
    row.last_received_at, row.last_id = found[-1].received_at, found[-1].id
    await session.flush()
    return True
