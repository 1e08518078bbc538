"""A company merged into another entry of the same organisation, and taken out again."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.problems import Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.companies.schemas import CompanyOut
from crm_core.companies.tables import Company
from crm_core.contacts.points import Point
from crm_core.finding.words import search_text
from crm_core.merged import AlreadyMerged, Deed

COLUMNS = ("name", "tax_number", "website", "address", "phones", "emails", "legal", "custom", "tags")


class Pair(NamedTuple):
    """The company that goes and the one that stays."""

    gone: Company
    into: Company


async def pair(session: AsyncSession, caller: Caller, gone_id: UUID, into_id: UUID, *, lock: bool) -> Pair:
    """Both companies, merged ones too, locked if asked; raises `NotFound`, or `Invalid` for the one to merge into."""
    wanted = select(Company).where(Company.workspace_id == caller.workspace, Company.id.in_([gone_id, into_id]))
    ordered = wanted.order_by(Company.id)
    found = {row.id: row for row in await session.scalars(ordered.with_for_update() if lock else ordered)}
    if gone_id not in found:
        raise NotFound("There is no such company.")
    if into_id not in found:
        raise Invalid.at("/into", "is not a company of this workspace")
    return Pair(found[gone_id], found[into_id])


def check_mergeable(two: Pair) -> None:
    """Raises `AlreadyMerged` for what was merged before."""
    for company in two:
        if company.merged_into is not None:
            raise AlreadyMerged("One of the companies was merged before.", merged_into=str(company.merged_into))


async def card_of(_: AsyncSession, company: Company) -> dict[str, Any]:
    """What two companies are compared by, as JSON."""
    return {name: getattr(company, name) for name in COLUMNS}


async def shown(_: AsyncSession, company: Company, changes: Mapping[str, Any]) -> CompanyOut:
    """The company as clients see it, with these fields of its card."""
    return CompanyOut.model_validate({**CompanyOut.model_validate(company).model_dump(), **changes})


async def join(
    session: AsyncSession,
    two: Pair,
    merged_card: Mapping[str, Any],
    deed: Deed,
) -> dict[str, Any]:
    """The survivor gets the card, the other is marked; taking it back needs to know nothing more."""
    before = _seen(two)
    two.gone.merged_into = two.into.id
    await _stored(session, two, merged_card, "merge", before, deed)
    return {}


def check_separable(two: Pair) -> str | None:
    """Why a merge of these cannot be taken back, if so."""
    if two.into.merged_into is not None:
        return "the survivor was merged into another, which has to be undone first"
    if two.gone.merged_into != two.into.id:
        return "the company that was merged is not merged into this one any more"
    return None


async def part(
    session: AsyncSession,
    two: Pair,
    left_card: Mapping[str, Any],
    _: Mapping[str, Any],
    deed: Deed,
) -> None:
    """The one merged away is a company of its own again, the survivor without what it got from it."""
    before = _seen(two)
    two.gone.merged_into = None
    await _stored(session, two, left_card, "unmerge", before, deed)


def _seen(two: Pair) -> list[Mapping[str, Any]]:
    return [CompanyOut.model_validate(company).model_dump(mode="json") for company in two]


async def _stored(
    session: AsyncSession,
    two: Pair,
    card: Mapping[str, Any],
    action: str,
    before: list[Mapping[str, Any]],
    deed: Deed,
) -> None:
    """Both as their next versions; only the survivor's card changes."""
    into = two.into
    for name in COLUMNS:
        setattr(into, name, card[name])
    points = [*(Point("phone", one) for one in into.phones), *(Point("email", one) for one in into.emails)]
    into.search_text = search_text([into.name, into.tax_number, into.website], points)
    for company in two:
        company.version += 1
        company.updated_at = deed.now
    await session.flush()
    entries = [
        audit.Change(f"company.{action}", "company", company.id, seen, after)
        for company, seen, after in zip(two, before, _seen(two), strict=True)
    ]
    await audit.record_all(
        session, workspace_id=deed.caller.workspace, by=deed.caller.subject, changes=entries, now=deed.now
    )
