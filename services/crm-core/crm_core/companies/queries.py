"""Reading companies; every query names its workspace. All of a workspace's staff see its companies."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.rules import digits, domains_at, name_key
from crm_core.companies.tables import Company
from crm_core.searching import listing_of

MOST_AT_DOMAIN = 100


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


async def lock_names(
    session: AsyncSession, workspace_id: UUID, *, name: str | None, tax_number: str | None, domains: Collection[str]
) -> None:
    """Makes everybody else who looks for this company wait until the transaction ends, so that it is made once."""
    names = [f"company domain {workspace_id} {domain}" for domain in sorted(domains)]
    names += [f"company name {workspace_id} {name_key(name)}"] if name else []
    names += [f"company tax number {workspace_id} {digits(tax_number)}"] if tax_number else []
    for wanted in names:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(wanted, 0))))


async def same_company(
    session: AsyncSession, workspace_id: UUID, *, name: str | None, tax_number: str | None, domains: Collection[str]
) -> Company | None:
    """The oldest company with this tax number, else with this name spelled any way, else the only one whose website or
    e-mails are at these domains, unless its tax number is another; locked."""
    living = select(Company).where(Company.workspace_id == workspace_id, Company.merged_into.is_(None))
    mine = living.order_by(Company.created_at, Company.id).limit(1).with_for_update()
    if tax_number:
        found = await session.scalar(mine.where(Company.tax_number == digits(tax_number)))
        if found is not None:
            return found
    found = await session.scalar(mine.where(Company.name_key == name_key(name))) if name else None
    if found is not None or not domains:
        return found
    there = await _at_domains(session, workspace_id, domains)
    found = await session.scalar(mine.where(Company.id == there[0])) if len(there) == 1 else None
    if found is None or (tax_number and found.tax_number not in (None, digits(tax_number))):
        return None
    return found


async def _at_domains(session: AsyncSession, workspace_id: UUID, domains: Collection[str]) -> list[UUID]:
    """The companies at these domains: those whose words contain one, by index, of which a website or e-mail has it."""
    containing = or_(*(Company.search_text.contains(domain, autoescape=True) for domain in sorted(domains)))
    wanted = select(Company.id, Company.website, Company.emails).where(
        Company.workspace_id == workspace_id, Company.merged_into.is_(None), containing
    )
    await session.flush()
    async with listing_of(session, search=True):
        rows = (await session.execute(wanted.order_by(Company.created_at).limit(MOST_AT_DOMAIN))).all()
    return [row.id for row in rows if not domains_at(row.website, row.emails).isdisjoint(domains)]


async def names_of(session: AsyncSession, workspace_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these companies."""
    wanted = select(Company.id, Company.name).where(Company.workspace_id == workspace_id, Company.id.in_(set(ids)))
    return {row.id: row.name for row in await session.execute(wanted)}
