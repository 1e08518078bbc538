"""Erasing who a lead is about: what became of it, when and through whom stays, for ever countable."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from leadkit.contracts.inquiry import Person
from leadkit.contracts.touches import nameless
from sqlalchemy import delete, exists, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import Kind, Point
from crm_core.leads import store
from crm_core.leads.card import points_on
from crm_core.leads.tables import Lead, LeadKey, LeadTransition, MatchKey
from crm_core.leads.wire import lead_event
from crm_core.rows import put


async def leads_of(
    session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID], contact_ids: Sequence[UUID]
) -> list[Lead]:
    """These leads, those of these contacts, and those that were merged with any of them; not locked."""
    named = or_(Lead.id.in_(lead_ids), Lead.contact_id.in_(contact_ids))
    into = select(Lead.merged_into).where(Lead.workspace_id == workspace_id, named, Lead.merged_into.is_not(None))
    found = await session.scalars(
        select(Lead).where(
            Lead.workspace_id == workspace_id, or_(named, Lead.merged_into.in_(lead_ids), Lead.id.in_(into))
        )
    )
    return list(found)


async def points_of_leads(session: AsyncSession, workspace_id: UUID, leads: Sequence[Lead]) -> set[Point]:
    """The addresses on these leads, and those by which they are matched."""
    rows = await session.execute(
        select(LeadKey.kind, LeadKey.value).where(
            LeadKey.workspace_id == workspace_id, LeadKey.lead_id.in_([lead.id for lead in leads])
        )
    )
    keys = {Point(cast(Kind, kind), value) for kind, value in rows}
    return keys | {point for lead in leads for point in points_on(lead)}


class Closed(NamedTuple):
    """A refused lead, and when something last happened to it."""

    last_activity_at: datetime
    id: UUID


async def closed_before(
    session: AsyncSession, workspace_id: UUID, before: datetime, *, after: Closed, limit: int
) -> list[Closed]:
    """The refused leads that are not erased yet and to which nothing has happened since `before`, longest first."""
    place = tuple_(Lead.last_activity_at, Lead.id)
    rows = await session.execute(
        select(Lead.last_activity_at, Lead.id)
        .where(Lead.workspace_id == workspace_id, Lead.last_activity_at < before)
        .where(place > tuple_(literal(after.last_activity_at), literal(after.id)))
        .where(Lead.status == "disqualified", Lead.search_text != "")
        .order_by(Lead.last_activity_at, Lead.id)
        .limit(limit)
    )
    return [Closed(*row) for row in rows]


async def erase_leads(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID], *, now: datetime) -> None:
    """Empties the cards of these leads, and deletes by what they are matched."""
    leads = await store.lock_leads(session, workspace_id, lead_ids)
    for lead in leads:
        _empty(lead, now)
    mine = LeadKey.lead_id.in_(lead_ids)
    keys = await session.execute(
        delete(LeadKey).where(LeadKey.workspace_id == workspace_id, mine).returning(LeadKey.kind, LeadKey.value)
    )
    await forget_points(session, workspace_id, [Point(cast(Kind, kind), value) for kind, value in keys])
    await session.execute(
        update(LeadTransition)
        .where(LeadTransition.workspace_id == workspace_id, LeadTransition.lead_id.in_(lead_ids))
        .values(note=None)
    )
    events = [lead_event("lead.updated", lead) for lead in leads]
    await store.store(session, workspace_id, store.Changes(changed=leads, events=events), by="", now=now)


async def forget_points(session: AsyncSession, workspace_id: UUID, points: Sequence[Point]) -> None:
    """Deletes the match keys of these addresses unless some other lead still has them."""
    if not points:
        return
    used = exists(
        select(LeadKey.lead_id).where(
            LeadKey.workspace_id == MatchKey.workspace_id,
            LeadKey.kind == MatchKey.kind,
            LeadKey.value == MatchKey.value,
        )
    )
    await session.execute(
        delete(MatchKey).where(
            MatchKey.workspace_id == workspace_id, MatchKey.value.in_([point.value for point in points]), ~used
        )
    )


def _empty(lead: Lead, now: datetime) -> None:
    put(
        lead, person=Person().model_dump(), search_name="", search_text="", phones=[], emails=[], messengers=[],
        subject=None, message=None, attribution=nameless(lead.attribution), qualification={}, loss_note=None,
        custom={}, version=lead.version + 1, updated_at=now,
    )  # fmt: skip
