"""Reading leads; every query names its workspace, and what requests see is narrowed to what the caller may see."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from leadkit.tokens import Caller
from sqlalchemy import DateTime, Select, Uuid, and_, bindparam, case, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from crm_core.access.ownership import Owner
from crm_core.access.visibility import visible
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead, LeadKey
from crm_core.leads.wire import lead_event


def seen_by(caller: Caller) -> Select[Any]:
    """The leads that the caller may see."""
    return select(Lead).where(
        Lead.workspace_id == caller.workspace, visible(caller, owner=Lead.owner_id, team=Lead.team_id)
    )


def seen_unmerged_by(caller: Caller) -> Select[Any]:
    """The leads that the caller may see and that were not merged into another."""
    return seen_by(caller).where(Lead.merged_into.is_(None))


async def lead_by_id(session: AsyncSession, caller: Caller, lead_id: UUID, *, lock: bool = False) -> Lead:
    """The lead if the caller may see it, else raises `NotFound`. A locked one stays outside the session: it is
    written by `store`."""
    statement = seen_by(caller).where(Lead.id == lead_id)
    found: Lead | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such lead.")
    if lock:
        session.expunge(found)
    return found


async def leads_by_id(
    session: AsyncSession, caller: Caller, ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Lead]:
    """Those of the leads that the caller may see. Locked ones, in order of id, stay outside the session."""
    statement = seen_by(caller).where(Lead.id.in_(set(ids))).order_by(Lead.id)
    found = {lead.id: lead for lead in await session.scalars(statement.with_for_update() if lock else statement)}
    for lead in found.values() if lock else ():
        session.expunge(lead)
    return found


async def open_leads_of(session: AsyncSession, workspace_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many open leads each of these users has, where there is any."""
    open_now = Lead.status.in_(bindparam(None, OPEN, expanding=True, literal_execute=True))
    rows = await session.execute(
        select(Lead.owner_id, func.count())
        .where(Lead.workspace_id == workspace_id, Lead.owner_id.in_(user_ids), open_now)
        .group_by(Lead.owner_id)
    )
    return {owner_id: count for owner_id, count in rows if owner_id is not None}


def open_lead_ids(workspace_id: UUID, *, owner_id: UUID | None, team_id: UUID | None) -> Select[UUID]:
    """The ids of the open leads, of an owner and of a team where these are named."""
    found = select(Lead.id).where(Lead.workspace_id == workspace_id, Lead.status.in_(OPEN))
    if owner_id is not None:
        found = found.where(Lead.owner_id == owner_id)
    return found if team_id is None else found.where(Lead.team_id == team_id)


def told_by_arrival(workspace_id: UUID, since: datetime, until: datetime) -> Select[Any]:
    """Of every lead whose person asked in the period: its id, when that was, when it was closed (None: it is open), and
    who had it first."""
    first = func.jsonb_path_query_first(Lead.owners, literal("$[*] ? (@.owner_id != null)", JSONPATH))
    return select(
        Lead.id.label("lead_id"),
        Lead.occurred_at.label("at"),
        case((Lead.status.in_(OPEN), None), else_=func.greatest(Lead.moved_at, Lead.occurred_at)).label("closed_at"),
        cast(func.jsonb_extract_path_text(first, "owner_id"), Uuid).label("was_owner_id"),
    ).where(Lead.workspace_id == workspace_id, Lead.occurred_at >= since, Lead.occurred_at < until)


async def open_leads_at(
    session: AsyncSession, workspace_id: UUID, at: datetime, owner_ids: Collection[UUID]
) -> list[tuple[UUID, datetime | None]]:
    """The leads that came before a moment and were open then, as present owner and when they were closed since. What
    was closed since has changed since, which narrows the search by an index."""
    closed_since = and_(Lead.updated_at >= at, Lead.moved_at > at)
    rows = await session.execute(
        select(Lead.owner_id, case((Lead.status.in_(OPEN), None), else_=Lead.moved_at))
        .where(Lead.workspace_id == workspace_id, Lead.owner_id.in_(owner_ids), Lead.occurred_at < at)
        .where(or_(Lead.status.in_(OPEN), closed_since))
    )
    return [(owner_id, closed_at) for owner_id, closed_at in rows if owner_id is not None]


async def owners_before(session: AsyncSession, workspace_id: UUID, lead_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who had the last lead of the same person before each of these, where there was one with an owner."""
    of, other, earlier = aliased(LeadKey), aliased(LeadKey), aliased(Lead)
    same = and_(other.workspace_id == of.workspace_id, other.kind == of.kind, other.value == of.value)
    rows = await session.execute(
        select(of.lead_id, earlier.owner_id)
        .join(other, same)
        .join(earlier, and_(earlier.workspace_id == other.workspace_id, earlier.id == other.lead_id))
        .where(
            of.workspace_id == workspace_id, of.lead_id.in_(lead_ids), earlier.id < of.lead_id,
            earlier.owner_id.is_not(None),
        )
        .order_by(of.lead_id, earlier.id.desc())
        .ext(distinct_on(of.lead_id))
    )  # fmt: skip
    return {row.lead_id: row.owner_id for row in rows}


async def overdue_leads_of(session: AsyncSession, workspace_id: UUID, user_id: UUID, now: datetime) -> int:
    """How many of the user's open leads were to be answered by now and are not."""
    open_now = Lead.status.in_(bindparam(None, OPEN, expanding=True, literal_execute=True))
    found = await session.scalar(
        select(func.count()).where(
            Lead.workspace_id == workspace_id, Lead.owner_id == user_id, open_now, Lead.respond_by <= now,
            Lead.first_response_at.is_(None),
        )
    )  # fmt: skip
    return found or 0


async def leads_seen_among(session: AsyncSession, caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, Owner]:
    """Those of the ids that are leads the caller may see, with who owns them."""
    named = {lead_id for lead_id in ids if lead_id is not None}
    if not named:
        return {}
    columns = seen_by(caller).with_only_columns(Lead.id, Lead.owner_id, Lead.team_id)
    return {
        row.id: Owner(row.owner_id, row.team_id) for row in await session.execute(columns.where(Lead.id.in_(named)))
    }


async def with_merged(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> list[UUID]:
    """These leads and all that were merged into them, directly or by way of others."""
    found, last = list(lead_ids), list(lead_ids)
    while last:
        merged = select(Lead.id).where(Lead.workspace_id == workspace_id, Lead.merged_into.in_(last))
        last = [lead_id for lead_id in await session.scalars(merged) if lead_id not in found]
        found += last
    return found


async def leads_among(session: AsyncSession, workspace_id: UUID, lead_ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """Those of the ids that are leads, whoever owns them."""
    found = await session.scalars(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id.in_(set(lead_ids))))
    return {lead.id: lead for lead in found}


async def leads_qualified(
    session: AsyncSession,
    workspace_id: UUID,
    since: datetime,
    until: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Lead]:
    """The leads first qualified in the period, in that order, behind a place (moment and id).

    Whatever was qualified then has been changed since, which narrows the search by an index."""
    at = cast(func.jsonb_extract_path_text(Lead.reached, "qualified"), DateTime(timezone=True))
    statement = select(Lead).where(Lead.workspace_id == workspace_id, Lead.updated_at >= since, at >= since, at < until)
    if after is not None:
        statement = statement.where(tuple_(at, Lead.id) > tuple_(literal(after[0]), literal(after[1])))
    return list(await session.scalars(statement.order_by(at, Lead.id).limit(limit)))


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all leads."""
    page = paged(select(Lead), key=(Lead.workspace_id, Lead.id), workspace_id=workspace_id, after=after, limit=limit)
    return [lead_event("lead.updated", row) for row in await session.scalars(page)]
