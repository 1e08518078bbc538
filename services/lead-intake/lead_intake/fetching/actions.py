"""What is due to be asked, and the record of asking in vain."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.fetching.rules import pause_after
from lead_intake.fetching.tables import PendingFetch

_DUE = text(
    "SELECT submission.id, submission.source_id, submission.external_id, submission.received_at,"
    " coalesce(asked.failures, 0) AS failures"
    " FROM submission LEFT JOIN pending_fetch AS asked"
    " ON asked.workspace_id = submission.workspace_id AND asked.submission_id = submission.id"
    " WHERE submission.workspace_id = :workspace_id AND submission.status = 'pending'"
    " AND submission.provider = ANY (:providers) AND (asked.retry_at IS NULL OR asked.retry_at <= :now)"
    " ORDER BY submission.received_at, submission.id LIMIT :most"
)
FORGOTTEN_AFTER = timedelta(days=1)

_jitter = random.Random()


@dataclass(frozen=True, slots=True)
class Due:
    """A submission that its provider is to be asked about; `failures` so far, in a row."""

    id: UUID
    source_id: UUID
    external_id: str | None
    received_at: datetime
    failures: int


async def due(
    session: AsyncSession, workspace_id: UUID, providers: Sequence[str], *, now: datetime, most: int
) -> list[Due]:
    """The next ones of a workspace, oldest first."""
    values = {"workspace_id": workspace_id, "providers": list(providers), "now": now, "most": most}
    return [Due(*row) for row in await session.execute(_DUE, values)]


async def postpone(session: AsyncSession, workspace_id: UUID, one: Due, failure: str, *, now: datetime) -> None:
    """Not answered now: pause, the longer the more often."""
    retry_at = now + pause_after(one.failures + 1, jitter=_jitter)
    row = insert(PendingFetch).values(
        workspace_id=workspace_id, submission_id=one.id, failures=one.failures + 1, retry_at=retry_at,
        last_failure=failure[:255],
    )  # fmt: skip
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[PendingFetch.workspace_id, PendingFetch.submission_id],
            set_={name: row.excluded[name] for name in ("failures", "retry_at", "last_failure")},
        )
    )


async def settle(session: AsyncSession, workspace_id: UUID, one: Due) -> None:
    """Nothing is to be asked about it any more; asked once more after a replay, it begins anew."""
    if one.failures:
        await session.execute(
            delete(PendingFetch).where(PendingFetch.workspace_id == workspace_id, PendingFetch.submission_id == one.id)
        )


async def forget_fetches(session: AsyncSession, *, now: datetime) -> None:
    """Deletes rows of submissions that are gone, of all workspaces (role worker): what lives is asked within hours."""
    await session.execute(delete(PendingFetch).where(PendingFetch.retry_at < now - FORGOTTEN_AFTER))
