"""Reading how mailboxes stand, and which are to be read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.mailboxes.tables import Mailbox
from lead_intake.sources.queries import MailboxSource, sources_with_mailboxes


@dataclass(frozen=True, slots=True)
class Standing:
    """How the reading of a mailbox goes."""

    read_at: datetime | None
    messages: int
    failures: int
    last_error: str | None
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a mailbox was read."""

    uid_validity: int | None
    last_uid: int


async def mailboxes_due(session: AsyncSession, *, now: datetime) -> list[MailboxSource]:
    """The mailboxes to be read now (role worker): those of sources that are switched on, and not resting after a
    failure."""
    resting = await session.scalars(select(Mailbox.source_id).where(Mailbox.retry_at > now))
    asleep = set(resting)
    return [one for one in await sources_with_mailboxes(session) if one.source_id not in asleep]


async def place_of(session: AsyncSession, workspace_id: UUID, source_id: UUID, place: str) -> Place:
    """Up to where it was read; the beginning for a mailbox that is another one now."""
    row = await session.get(Mailbox, (workspace_id, source_id))
    if row is None or row.place != place:
        return Place(None, 0)
    return Place(row.uid_validity, row.last_uid)


async def mailbox_states(
    session: AsyncSession, workspace_id: UUID, source_ids: Collection[UUID]
) -> dict[UUID, Standing]:
    """How reading goes, by source."""
    rows = await session.scalars(
        select(Mailbox).where(Mailbox.workspace_id == workspace_id, Mailbox.source_id.in_(source_ids))
    )
    return {
        row.source_id: Standing(row.read_at, row.messages, row.failures, row.last_error, row.retry_at) for row in rows
    }
