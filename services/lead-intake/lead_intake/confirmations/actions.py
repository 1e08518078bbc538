"""Who is to be asked, how asking went, and the confirmation itself."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from leadkit.sealing import Sealer
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.confirmations.rules import MOST_A_DAY, pause_after
from lead_intake.confirmations.tables import ConfirmationMail
from lead_intake.providers.base import WireRequest
from lead_intake.sources.queries import source_views
from lead_intake.submissions import completing
from lead_intake.submissions.opting import AWAITING
from lead_intake.submissions.queries import Waiting, submission_by_id, waiting_for

_jitter = random.Random()
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A submission whose person is to be asked; `failures` so far."""

    waiting: Waiting
    failures: int


async def due(session: AsyncSession, *, now: datetime, most: int) -> list[Due]:
    """Who was not asked yet, or in vain, oldest first, in all workspaces (role worker)."""
    found = list[Due]()
    waiting = await waiting_for(session, AWAITING, most=1000)
    rows = await session.scalars(
        select(ConfirmationMail).where(ConfirmationMail.submission_id.in_([one.id for one in waiting]))
    )
    told = {row.submission_id: row for row in rows}
    for one in waiting:
        row = told.get(one.id)
        if row is None or (row.sent_at is None and row.retry_at is not None and row.retry_at <= now):
            found.append(Due(one, row.failures if row else 0))
    return found[:most]


async def may_be_asked(session: AsyncSession, workspace_id: UUID, address_hash: str, *, now: datetime) -> bool:
    """Whether the address did not get too many mails within a day."""
    asked = await session.scalar(
        select(func.count()).where(
            ConfirmationMail.workspace_id == workspace_id,
            ConfirmationMail.address_hash == address_hash,
            ConfirmationMail.sent_at > now - _DAY,
        )
    )
    return int(asked or 0) < MOST_A_DAY


async def note(
    session: AsyncSession, one: Due, address_hash: str, failure: str | None, *, final: bool = False, now: datetime
) -> None:
    """What came of sending: sent, to be sent again later, or (`final`) never."""
    failures = one.failures + (failure is not None)
    values = {
        "address_hash": address_hash, "failures": failures, "last_failure": failure,
        "sent_at": now if failure is None else None,
        "retry_at": now + pause_after(failures, jitter=_jitter) if failure and not final else None,
    }  # fmt: skip
    statement = insert(ConfirmationMail).values(
        workspace_id=one.waiting.workspace_id, submission_id=one.waiting.id, **values
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ConfirmationMail.workspace_id, ConfirmationMail.submission_id],
            set_={name: statement.excluded[name] for name in values},
        )
    )


async def confirm(
    session: AsyncSession,
    submission_id: UUID,
    request: WireRequest,
    sealer: Sealer,
    *,
    workspace_id: UUID,
    now: datetime,
) -> bool:
    """The person pressed the button; False when it was too late. Pressing again changes nothing. Raises `NotFound`."""
    row = await submission_by_id(session, workspace_id, submission_id, lock=True)
    if row.status == "pending" and row.reason == AWAITING:
        source = (await source_views(session, workspace_id, [row.source_id], sealer))[row.source_id]
        await completing.complete(
            session, submission_id, request, source, workspace_id=workspace_id, now=now, form="confirmation"
        )
        return True
    return row.status not in ("ignored", "unreadable")
