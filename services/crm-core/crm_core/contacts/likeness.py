"""What contacts are compared by when duplicates are looked for."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.queries import names_of
from crm_core.contacts.points import Point
from crm_core.contacts.queries import contacts_by_points, links_of
from crm_core.contacts.tables import Contact
from crm_core.duplicates.candidates import Source
from crm_core.duplicates.rules import Profile
from crm_core.finding.words import plain


async def _profiles(session: AsyncSession, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Profile]:
    mine = select(Contact).where(Contact.workspace_id == workspace_id, Contact.merged_into.is_(None))
    rows = list(await session.scalars(mine.where(Contact.id.in_(ids))))
    links = await links_of(session, workspace_id, [row.id for row in rows])
    companies = await names_of(session, workspace_id, {row.company_id for row in rows if row.company_id})
    return {
        row.id: Profile(
            name=plain(row.search_name),
            company=plain((row.company_id and companies.get(row.company_id)) or row.person.get("company") or ""),
            points=[(point.kind, point.value) for point in links[row.id].points],
        )
        for row in rows
    }


async def _reached_by(session: AsyncSession, workspace_id: UUID, points: Sequence[Point]) -> Collection[UUID]:
    found = await contacts_by_points(session, workspace_id, points)
    return {contact_id for ids in found.values() for contact_id in ids}


CONTACTS = Source(
    entity="contact", table=Contact, living=Contact.merged_into.is_(None), profiles=_profiles, reached_by=_reached_by,
    named=Contact.search_name,
)  # fmt: skip
