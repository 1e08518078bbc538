"""Writing twice: the record of an `Idempotency-Key`, written in the transaction of the change it belongs to.

The first request inserts the record; a second one waits on that row, at most five seconds, and then finds the answer.
Only successful answers are kept (the transaction of a refused request is rolled back, its record with it).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Uuid, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit.db import LOCK_NOT_AVAILABLE, metadata, sqlstate
from leadkit.problems import Conflict, Invalid, Malformed

KEPT = timedelta(hours=24)
LONGEST_KEY = 255

idempotency = metadata()

record = Table(
    "idempotency_record",
    idempotency,
    Column("workspace_id", Uuid, primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    Index(None, "created_at"),
)


class KeyReused(Invalid):
    """The key was used for another request body."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used with another body"


class StillRunning(Conflict):
    """The first request with this key has not ended yet."""

    code = "idempotency-still-running"
    title = "The first request with this Idempotency-Key still runs"


@dataclass(frozen=True, slots=True)
class Answer:
    """A kept answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carries a key: whose, for what, and the hash of its body."""

    workspace_id: UUID
    key_hash: bytes
    body_hash: bytes

    @classmethod
    def of(cls, *, workspace_id: UUID, subject: str, call: str, key: str, body: bytes) -> "Attempt":
        """`call` is method and path; the key counts for this subject and call only."""
        if not key or len(key) > LONGEST_KEY:
            raise Malformed(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
        parts = "\0".join((subject, call, key))
        return cls(workspace_id, hashlib.sha256(parts.encode()).digest(), hashlib.sha256(body).digest())


async def claim(session: AsyncSession, attempt: Attempt, *, now: datetime) -> Answer | None:
    """None for the first request (its record is now in the transaction), the kept answer for a repeat.

    Raises `KeyReused` for another body, `StillRunning` when the first has not ended within five seconds.
    """
    await session.execute(
        delete(record).where(
            record.c.workspace_id == attempt.workspace_id,
            record.c.key_hash == attempt.key_hash,
            record.c.created_at < now - KEPT,
        )
    )
    if await _inserted(session, attempt, now):
        return None
    kept = (
        await session.execute(
            select(record.c.body_hash, record.c.status, record.c.headers, record.c.body).where(
                record.c.workspace_id == attempt.workspace_id, record.c.key_hash == attempt.key_hash
            )
        )
    ).one_or_none()
    if kept is None or kept.status is None:
        raise StillRunning
    if kept.body_hash != attempt.body_hash:
        raise KeyReused
    return Answer(kept.status, kept.headers, kept.body)


async def _inserted(session: AsyncSession, attempt: Attempt, now: datetime) -> bool:
    await session.execute(text("SET LOCAL lock_timeout = '5s'"))
    statement = insert(record).values(
        workspace_id=attempt.workspace_id, key_hash=attempt.key_hash, body_hash=attempt.body_hash, created_at=now
    )
    try:
        first = await session.execute(statement.on_conflict_do_nothing().returning(record.c.key_hash))
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise StillRunning from error
        raise
    await session.execute(text("SET LOCAL lock_timeout = 0"))
    return first.first() is not None


async def keep(session: AsyncSession, attempt: Attempt, answer: Answer) -> None:
    """Writes the answer into the record, in the same transaction as the change."""
    await session.execute(
        update(record)
        .where(record.c.workspace_id == attempt.workspace_id, record.c.key_hash == attempt.key_hash)
        .values(status=answer.status, headers=answer.headers, body=answer.body)
    )


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Deletes records past their day (worker)."""
    await session.execute(delete(record).where(record.c.created_at < now - KEPT))


ABOUT = text(
    """
    DELETE FROM idempotency_record
    WHERE workspace_id = :workspace_id AND substring(body FROM 1 FOR 11) <> CAST('{"results":' AS bytea)
      AND EXISTS (SELECT FROM unnest(CAST(:ids AS text[])) AS erased (id) WHERE position(CAST(id AS bytea) IN body) > 0)
    """
)


async def forget_answers_about(session: AsyncSession, workspace_id: UUID, ids: Iterable[UUID]) -> None:
    """Deletes the kept answers that show any of these things. Those to batches hold ids only, and stay: who sends such
    a batch again must not have it done twice."""
    await session.execute(ABOUT, {"workspace_id": workspace_id, "ids": [str(one) for one in ids]})
