"""What leads are compared by when duplicates are looked for."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import Point
from crm_core.duplicates.candidates import Source
from crm_core.duplicates.rules import Profile
from crm_core.finding.words import plain
from crm_core.leads import card, store
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead

LIVE = (*OPEN, "postponed")


async def _profiles(session: AsyncSession, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Profile]:
    rows = await session.scalars(
        select(Lead).where(Lead.workspace_id == workspace_id, Lead.id.in_(ids), Lead.merged_into.is_(None))
    )
    return {
        row.id: Profile(
            name=plain(row.search_name),
            company=plain(row.person.get("company") or ""),
            points=card.points_on(row),
            current=row.status in LIVE,
        )
        for row in rows
    }


async def _reached_by(session: AsyncSession, workspace_id: UUID, points: Sequence[Point]) -> Collection[UUID]:
    return {lead_id for _, lead_id in await store.leads_with(session, workspace_id, points)}


LEADS = Source(
    entity="lead", table=Lead, living=Lead.merged_into.is_(None), profiles=_profiles, reached_by=_reached_by,
    named=Lead.search_name,
)  # fmt: skip
