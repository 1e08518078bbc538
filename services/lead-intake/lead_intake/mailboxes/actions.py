"""Writing how far a mailbox was read, and how reading it goes."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.mailboxes.rules import rest_s
from lead_intake.mailboxes.tables import Mailbox


async def move_on(
    session: AsyncSession,
    workspace_id: UUID,
    source_id: UUID,
    place: str,
    *,
    uid_validity: int,
    last_uid: int,
    messages: int,
    now: datetime,
) -> None:
    """Notes that everything up to `last_uid` is stored, in the transaction that stores it; failures are forgotten."""
    statement = insert(Mailbox).values(
        workspace_id=workspace_id, source_id=source_id, place=place, uid_validity=uid_validity, last_uid=last_uid,
        messages=messages, read_at=now, failures=0, last_error=None, retry_at=None,
    )  # fmt: skip
    excluded = statement.excluded
    names = ("place", "uid_validity", "last_uid", "read_at", "failures", "last_error", "retry_at")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Mailbox.workspace_id, Mailbox.source_id],
            set_={name: excluded[name] for name in names} | {"messages": Mailbox.messages + excluded.messages},
        )
    )


async def fail(
    session: AsyncSession, workspace_id: UUID, source_id: UUID, place: str, error: str, *, now: datetime
) -> None:
    """Notes a failure by its kind and lets the mailbox rest, longer each time."""
    statement = insert(Mailbox).values(
        workspace_id=workspace_id, source_id=source_id, place=place, uid_validity=None, last_uid=0, messages=0,
        read_at=None, failures=1, last_error=error, retry_at=now + timedelta(seconds=rest_s(error, 1)),
    )  # fmt: skip
    failures = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Mailbox.workspace_id, Mailbox.source_id],
            set_={"failures": Mailbox.failures + 1, "last_error": error},
        ).returning(Mailbox.failures)
    )
    row = await session.get_one(Mailbox, (workspace_id, source_id))
    row.retry_at = now + timedelta(seconds=rest_s(error, int(failures or 1)))
    await session.flush()


async def wake(session: AsyncSession, workspace_id: UUID, source_id: UUID) -> None:
    """The source was changed: what failed before may work now, so there is no rest."""
    row = await session.get(Mailbox, (workspace_id, source_id))
    if row is not None:
        row.retry_at, row.failures = None, 0
        await session.flush()
