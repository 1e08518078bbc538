"""Reminders and missed deadlines on a timeline."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.users.queries import users_by_id
from crm_core.deadlines.tables import Deadline
from crm_core.timeline.entries import Entry, PageOf, Scope


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """Both of the scope's leads; a lead has few of them."""
    if not scope.lead_ids:
        return []
    found = await session.scalars(
        select(Deadline).where(
            Deadline.workspace_id == scope.workspace_id,
            Deadline.lead_id.in_(scope.lead_ids),
            or_(Deadline.reminded_at.is_not(None), Deadline.breached_at.is_not(None)),
        )
    )
    rows = list(found)
    users = await users_by_id(session, scope.workspace_id, [row.owner_id for row in rows])
    told = [entry for row in rows for entry in _of(row, users[row.owner_id].name)]
    return page.newest(told)


def _of(row: Deadline, owner: str) -> list[Entry]:
    moments = (("deadline_due_soon", row.reminded_at), ("deadline_breached", row.breached_at))
    data = {"lead_id": row.lead_id, "owner_id": row.owner_id, "due_at": row.due_at, "accept_by": row.accept_by}
    return [
        Entry(at=at, id=row.id, kind="deadline", by=SYSTEM, phrase=phrase, words={"owner": owner},
              data={**data, "what": phrase.removeprefix("deadline_"), "breach": row.breach})
        for phrase, at in moments
        if at is not None
    ]  # fmt: skip
