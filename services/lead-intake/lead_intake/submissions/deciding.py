"""What a person decides about many submissions at once: out of spam, or into it; each answered by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.bulk import BulkResult, refused
from leadkit.db import driver_of
from leadkit.problems import Invalid, NotFound, Problem
from leadkit.sealing import Sealer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.submissions.actions import NotReplayable, NotSpam, TooLateForSpam, replay_each
from lead_intake.submissions.events import recorded, tell
from lead_intake.submissions.gathering import raws_of
from lead_intake.submissions.queries import Found
from lead_intake.submissions.rules import MARKED, SPAMMABLE, may_be_released
from lead_intake.submissions.tables import Submission


async def release_each(
    session: AsyncSession, items: Sequence[Any], sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> list[BulkResult]:
    """Out of spam, for good, with a handful of statements; `items` are ids."""
    rows, results = await _named(session, items, workspace_id)
    raws = await raws_of(await driver_of(session), workspace_id, list(rows))
    taken = []
    for index, row in _places(items, rows):
        if not may_be_released(row.status, row.reason):
            results[index] = refused(index, NotSpam(f"Its status is {row.status}."))
        elif row.id not in raws:
            results[index] = refused(index, NotReplayable())
        else:
            row.released = True
            taken.append(Found(row.id, row.source_id, row.status, row.received_at))
            results[index] = _done(index, row.id)
    await session.flush()
    await replay_each(session, taken, sealer, workspace_id=workspace_id, now=now, sparing=False)
    return [results[index] for index in range(len(items))]


async def mark_each(
    session: AsyncSession, items: Sequence[Any], *, workspace_id: UUID, now: datetime
) -> list[BulkResult]:
    """Into spam, by hand; `items` are ids."""
    rows, results = await _named(session, items, workspace_id)
    marked = dict[UUID, Submission]()
    for index, row in _places(items, rows):
        if row.id not in marked and row.status not in SPAMMABLE:
            results[index] = refused(index, TooLateForSpam(f"Its status is {row.status}."))
            continue
        results[index] = _done(index, row.id)
        if marked.setdefault(row.id, row) is row and row.status != "spam":
            row.status, row.reason, row.released = "spam", MARKED, False
            row.version += 1
            row.updated_at = now
    await session.flush()
    await tell(await driver_of(session), workspace_id, [recorded(row) for row in marked.values()], now=now)
    return [results[index] for index in range(len(items))]


async def _named(
    session: AsyncSession, items: Sequence[Any], workspace_id: UUID
) -> tuple[dict[UUID, Submission], dict[int, BulkResult]]:
    """The submissions named, locked in the order of their ids, and the answers for items that name none."""
    ids = {index: _id(item) for index, item in enumerate(items)}
    found = await session.scalars(
        select(Submission)
        .where(Submission.workspace_id == workspace_id, Submission.id.in_({one for one in ids.values() if one}))
        .order_by(Submission.id)
        .with_for_update()
    )
    rows = {row.id: row for row in found}
    problems: dict[int, Problem] = {
        index: NotFound("There is no such submission.") if one else Invalid("An item is the id of a submission.")
        for index, one in ids.items()
        if one is None or one not in rows
    }
    return rows, {index: refused(index, problem) for index, problem in problems.items()}


def _places(items: Sequence[Any], rows: dict[UUID, Submission]) -> list[tuple[int, Submission]]:
    named = ((index, _id(item)) for index, item in enumerate(items))
    return [(index, rows[one]) for index, one in named if one in rows]


def _id(item: Any) -> UUID | None:
    """An id as such, or as `{"id": ...}`."""
    try:
        return UUID(item["id"] if isinstance(item, dict) else item)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def _done(index: int, submission_id: UUID) -> BulkResult:
    return BulkResult(index=index, status=200, id=submission_id, problem=None)
