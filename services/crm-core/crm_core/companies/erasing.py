"""Taking a person's own phones and e-mails off the companies they belong to; the companies themselves stay."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.actions import searched
from crm_core.companies.tables import Company
from crm_core.contacts.points import Point, values_of


async def erase_from_companies(
    session: AsyncSession,
    workspace_id: UUID,
    company_ids: Collection[UUID],
    points: Collection[Point],
    *,
    now: datetime,
) -> None:
    """Removes these addresses wherever one of the companies has them."""
    phones, emails = values_of(points, "phone"), values_of(points, "email")
    statement = select(Company).where(Company.workspace_id == workspace_id, Company.id.in_(company_ids))
    for company in await session.scalars(statement.order_by(Company.id).with_for_update()):
        if not {*company.phones, *company.emails} & {*phones, *emails}:
            continue
        company.phones = [one for one in company.phones if one not in phones]
        company.emails = [one for one in company.emails if one not in emails]
        company.search_text = searched(company)
        company.version += 1
        company.updated_at = now
    await session.flush()
