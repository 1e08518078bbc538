"""How the delivery of a workspace stands: kept in a row, so that a restart goes on with the same patience."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.delivery.rules import pause_after
from lead_intake.delivery.tables import Delivery

_CALL_DUE = (
    "submission.status = 'ignored' AND submission.reason = 'outbound_call'"
    " AND submission.told_revision < submission.revision"
)

# The first that is ready, not whether there is one: for that the planner reads the table from its beginning, as long as
# its statistics say that most are ready, and passes everything that was delivered meanwhile (80 ms after a hundred
# thousand, ten times a second).
_DUE = text(
    "SELECT delivery.workspace_id FROM delivery WHERE delivery.retry_at <= :now AND ("
    "(SELECT submission.received_at FROM submission"
    " WHERE submission.workspace_id = delivery.workspace_id AND submission.status = 'ready'"
    " ORDER BY submission.received_at LIMIT 1) IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM submission"
    f" WHERE submission.workspace_id = delivery.workspace_id AND {_CALL_DUE}))"
)

_WAITING = text(
    "SELECT coalesce(sum(waiting.count), 0) FROM delivery CROSS JOIN LATERAL ("
    "SELECT count(*) AS count FROM ("
    "SELECT 1 FROM submission WHERE submission.workspace_id = delivery.workspace_id AND submission.status = 'ready'"
    " UNION ALL "
    f"SELECT 1 FROM submission WHERE submission.workspace_id = delivery.workspace_id AND {_CALL_DUE}"
    " LIMIT :most) AS counted) AS waiting"
)
COUNTED_A_WORKSPACE = 10_000

# What a person has to look at, and since when the oldest of what waits has waited; rows of imports are in no hurry.
_STATE = text(
    "SELECT coalesce(sum(parked.count), 0), coalesce(sum(unreadable.count), 0), min(oldest.received_at) FROM delivery"
    " CROSS JOIN LATERAL (SELECT count(*) AS count FROM (SELECT 1 FROM submission"
    " WHERE submission.workspace_id = delivery.workspace_id AND submission.status = 'parked' LIMIT :most) AS p)"
    " AS parked"
    " CROSS JOIN LATERAL (SELECT count(*) AS count FROM (SELECT 1 FROM submission"
    " WHERE submission.workspace_id = delivery.workspace_id AND submission.status = 'unreadable' LIMIT :most) AS u)"
    " AS unreadable"
    " LEFT JOIN LATERAL (SELECT submission.received_at FROM submission"
    " WHERE submission.workspace_id = delivery.workspace_id AND submission.status = 'ready'"
    " AND submission.channel <> 'import' ORDER BY submission.received_at LIMIT 1) AS oldest ON true"
)

_jitter = random.Random()


async def expect_deliveries(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> None:
    """Lets the worker look after this workspace from now on."""
    row = insert(Delivery).values(workspace_id=workspace_id, failures=0, retry_at=now, last_failure=None)
    await session.execute(row.on_conflict_do_nothing())


async def workspaces_due(session: AsyncSession, *, now: datetime) -> Sequence[UUID]:
    """The workspaces in which something is ready and whose pause is over (role worker)."""
    return (await session.execute(_DUE, {"now": now})).scalars().all()


async def waiting_count(session: AsyncSession) -> int:
    """How many submissions wait for delivery, in all workspaces; of each at most ten thousand are counted."""
    return int((await session.execute(_WAITING, {"most": COUNTED_A_WORKSPACE})).scalar_one())


@dataclass(frozen=True, slots=True)
class State:
    """How delivery stands in all workspaces: what waits for a person, and the arrival of the oldest that is ready."""

    parked: int
    unreadable: int
    oldest: datetime | None


async def state_of_delivery(session: AsyncSession) -> State:
    """Of each workspace at most ten thousand of a kind are counted."""
    return State(*(await session.execute(_STATE, {"most": COUNTED_A_WORKSPACE})).one())


async def failures_of(session: AsyncSession, workspace_id: UUID) -> int:
    """How many requests in a row have failed as a whole."""
    return await session.scalar(select(Delivery.failures).where(Delivery.workspace_id == workspace_id)) or 0


async def fail(session: AsyncSession, workspace_id: UUID, failure: str, *, failures: int, now: datetime) -> None:
    """A request failed as a whole, for the `failures`th time in a row: pause."""
    pause = pause_after(failures, jitter=_jitter)
    await session.execute(
        update(Delivery)
        .where(Delivery.workspace_id == workspace_id)
        .values(failures=failures, retry_at=now + pause, last_failure=failure)
    )


async def succeed(session: AsyncSession, workspace_id: UUID) -> None:
    """crm-core answers again."""
    await session.execute(update(Delivery).where(Delivery.workspace_id == workspace_id).values(failures=0))
