"""Reading companies; every query names its workspace. All of a workspace's staff see its companies."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.rules import digits, name_key
from crm_core.companies.tables import Company


def seen_by(caller: Caller) -> Select[Any]:
    """The companies that the caller may see."""
    return select(Company).where(Company.workspace_id == caller.workspace, Company.merged_into.is_(None))


async def company_by_id(session: AsyncSession, workspace_id: UUID, company_id: UUID, *, lock: bool = False) -> Company:
    """The company; raises `NotFound`. With `lock` nobody else changes it until the transaction ends."""
    statement = select(Company).where(
        Company.workspace_id == workspace_id, Company.id == company_id, Company.merged_into.is_(None)
    )
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such company.")
    return found


async def companies_among(session: AsyncSession, workspace_id: UUID, ids: Iterable[UUID | None]) -> set[UUID]:
    """Those of the ids that are companies of the workspace."""
    named = {company_id for company_id in ids if company_id is not None}
    if not named:
        return set()
    mine = select(Company.id).where(Company.workspace_id == workspace_id, Company.merged_into.is_(None))
    return set(await session.scalars(mine.where(Company.id.in_(named))))


async def lock_names(session: AsyncSession, workspace_id: UUID, *, name: str, tax_number: str | None) -> None:
    """Makes everybody else who looks for this company wait until the transaction ends, so that it is made once."""
    names = [f"company name {workspace_id} {name_key(name)}"]
    if tax_number:
        names.append(f"company tax number {workspace_id} {digits(tax_number)}")
    for wanted in names:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(wanted, 0))))


async def same_company(
    session: AsyncSession, workspace_id: UUID, *, name: str, tax_number: str | None
) -> Company | None:
    """The oldest company with this tax number, else with this name spelled any way."""
    living = select(Company).where(Company.workspace_id == workspace_id, Company.merged_into.is_(None))
    mine = living.order_by(Company.created_at, Company.id).limit(1)
    if tax_number:
        found = await session.scalar(mine.where(Company.tax_number == digits(tax_number)))
        if found is not None:
            return found
    return await session.scalar(mine.where(Company.name_key == name_key(name)))


async def names_of(session: AsyncSession, workspace_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these companies."""
    wanted = select(Company.id, Company.name).where(Company.workspace_id == workspace_id, Company.id.in_(set(ids)))
    return {row.id: row.name for row in await session.execute(wanted)}
