"""What companies are compared by when duplicates are looked for."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.tables import Company
from crm_core.contacts.points import Point
from crm_core.duplicates.candidates import Source
from crm_core.duplicates.rules import Profile


async def _profiles(session: AsyncSession, workspace_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Profile]:
    rows = await session.scalars(
        select(Company).where(Company.workspace_id == workspace_id, Company.id.in_(ids), Company.merged_into.is_(None))
    )
    return {
        row.id: Profile(
            name=row.name_key,
            tax_number=row.tax_number,
            website=row.website,
            points=[*(("phone", one) for one in row.phones), *(("email", one) for one in row.emails)],
        )
        for row in rows
    }


async def _reached_by(_: AsyncSession, __: UUID, ___: Sequence[Point]) -> Collection[UUID]:
    """A company's phones have no index of their own: reception desks and business centres share them."""
    return ()


def _also(profile: Profile) -> Sequence[ColumnElement[bool]]:
    return [Company.tax_number == profile.tax_number] if profile.tax_number else []


COMPANIES = Source(
    entity="company", table=Company, living=Company.merged_into.is_(None), profiles=_profiles,
    reached_by=_reached_by, named=Company.name_key, also=_also,
)  # fmt: skip
