"""Asking for a redistribution, and for its undoing; a worker does both."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import NIL, new_id
from leadkit.problems import Conflict, Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import actions as audit
from crm_core.access.users.queries import user_by_id
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.listings import LISTINGS
from crm_core.redistribution.queries import redistribution_by_id
from crm_core.redistribution.schemas import RedistributionCreate
from crm_core.redistribution.tables import Redistribution


class NotToUndo(Conflict):
    """Only what is done can be undone, and only once."""

    code = "redistribution-not-done"
    title = "The redistribution is not done, or was undone"


async def ask(session: AsyncSession, wanted: RedistributionCreate, *, caller: Caller, now: datetime) -> Redistribution:
    """The redistribution, waiting for a worker; raises `Invalid` for a user or a field that is not there."""
    if wanted.user_id is not None and await user_by_id(session, caller.workspace, wanted.user_id) is None:
        raise Invalid.at("/user_id", "There is no such user.")
    listing = await with_custom_fields(session, caller.workspace, LISTINGS["lead"])
    read(wanted.filter, listing.fields)
    asked = Redistribution(
        workspace_id=caller.workspace, id=new_id(), user_id=wanted.user_id,
        team_id=caller.team_id if caller.role == "head" else None, condition=wanted.filter, created_by=caller.subject,
        status="waiting", error=None, after=NIL, leads_total=0, leads_done=0, moved=0, put_back=0, created_at=now,
        finished_at=None,
    )  # fmt: skip
    session.add(asked)
    await session.flush()
    await _record(session, "redistribution.ask", asked, caller, now)
    return asked


async def undo(session: AsyncSession, redistribution_id: UUID, *, caller: Caller, now: datetime) -> Redistribution:
    """The redistribution, waiting to be undone; raises `NotFound`, `NotToUndo`."""
    found = await redistribution_by_id(session, caller, redistribution_id, lock=True)
    if found.status != "done":
        raise NotToUndo
    found.status, found.after, found.finished_at = "undoing", NIL, None
    await _record(session, "redistribution.undo", found, caller, now)
    return found


async def _record(session: AsyncSession, action: str, of: Redistribution, caller: Caller, now: datetime) -> None:
    told = {"user_id": str(of.user_id) if of.user_id else None, "filter": of.condition}
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="redistribution",
        subject_id=of.id, after=told, now=now,
    )  # fmt: skip
