"""Reading activities; every query names its workspace, and what requests see is narrowed to what the caller may see."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import ActivityState
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.access.visibility import visible
from crm_core.activities.tables import Activity
from crm_core.contacts import queries as contacts
from crm_core.deals import queries as deals
from crm_core.leads import queries as leads

STATE = tuple(ActivityState.model_fields)
PARENTS = ("lead_id", "contact_id", "deal_id")


def seen_by(caller: Caller, through: Sequence[str] = ()) -> Select[Any]:
    """Own activities and the team's unassigned ones, and all on leads, contacts or deals (of the kinds in `through`)
    that the caller sees."""
    return select(Activity).where(Activity.workspace_id == caller.workspace, _seen(caller, through))


def _seen(caller: Caller, through: Sequence[str]) -> ColumnElement[bool]:
    """Own by owner and team, or on a lead, contact or deal (of the kinds in `through`) that the caller sees."""
    own = visible(caller, owner=Activity.owner_id, team=Activity.team_id)
    if caller.role not in ("manager", "head"):
        return own
    parents: dict[str, tuple[InstrumentedAttribute[UUID | None], Select[Any]]] = {
        "lead_id": (Activity.lead_id, leads.seen_by(caller)),
        "contact_id": (Activity.contact_id, contacts.seen_by(caller)),
        "deal_id": (Activity.deal_id, deals.seen_by(caller)),
    }
    return or_(own, *(_among(*parents[kind]) for kind in through))


def _among(column: InstrumentedAttribute[UUID | None], seen: Select[Any]) -> ColumnElement[bool]:
    rows = seen.subquery()
    return exists(select(rows.c.id).where(rows.c.workspace_id == Activity.workspace_id, rows.c.id == column))


async def activity_by_id(session: AsyncSession, caller: Caller, activity_id: UUID, *, lock: bool = False) -> Activity:
    """The activity if the caller may see it or what it is on, else raises `NotFound`. With `lock` nobody else changes
    it meanwhile."""
    statement = seen_by(caller, PARENTS).where(Activity.id == activity_id)
    found: Activity | None = await session.scalar(statement.with_for_update(of=Activity) if lock else statement)
    if found is None:
        raise NotFound("There is no such activity.")
    return found


async def locked(session: AsyncSession, workspace_id: UUID, activity_ids: Sequence[UUID]) -> list[Activity]:
    """The activities of these ids, locked in order, for a change that was decided elsewhere."""
    statement = select(Activity).where(Activity.workspace_id == workspace_id, Activity.id.in_(activity_ids))
    return list(await session.scalars(statement.order_by(Activity.id).with_for_update()))


async def activities_on(
    session: AsyncSession,
    workspace_id: UUID,
    *,
    lead_ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
    deal_ids: Sequence[UUID],
) -> list[Activity]:
    """All activities on these, whoever owns them, oldest first."""
    on_any = or_(Activity.lead_id.in_(lead_ids), Activity.contact_id.in_(contact_ids), Activity.deal_id.in_(deal_ids))
    statement = select(Activity).where(Activity.workspace_id == workspace_id, on_any)
    return list(await session.scalars(statement.order_by(Activity.at, Activity.id)))


async def lock_open_tasks(session: AsyncSession, workspace_id: UUID, inquiry_ids: Sequence[UUID]) -> list[Activity]:
    """The tasks that inquiries left, still to be done, locked in order."""
    statement = select(Activity).where(
        Activity.workspace_id == workspace_id,
        Activity.inquiry_id.in_(inquiry_ids),
        Activity.kind == "task",
        Activity.completed_at.is_(None),
    )
    return list(await session.scalars(statement.order_by(Activity.id).with_for_update()))


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all activities."""
    key = (Activity.workspace_id, Activity.id)
    page = paged(select(Activity), key=key, workspace_id=workspace_id, after=after, limit=limit)
    rows = await session.scalars(page)
    return [event_of("activity.updated", row) for row in rows]


def event_of(type_: str, activity: Activity) -> NewEvent:
    """The event that tells the activity's present state, the values of `ActivityState`: all but its words."""
    stored = vars(activity)
    return NewEvent(type_, activity.workspace_id, activity.id, {name: stored[name] for name in STATE})


class Planned(NamedTuple):
    """How much is planned and not done, and how much of it was due before."""

    open: int
    overdue: int


async def open_activities_of(session: AsyncSession, workspace_id: UUID, user_id: UUID, now: datetime) -> Planned:
    """What the user has planned."""
    rows = await session.execute(
        select(func.count(), func.count().filter(Activity.due_at < now)).where(
            Activity.workspace_id == workspace_id, Activity.owner_id == user_id, Activity.completed_at.is_(None)
        )
    )
    return Planned(*rows.one())
