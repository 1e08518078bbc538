"""Making and changing companies."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.ids import new_id
from leadkit.merge_patch import changes, merged
from leadkit.problems import Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.ownership import Owner, Owners, kept_owner, named_owner
from crm_core.companies import queries
from crm_core.companies.rules import digits, name_key
from crm_core.companies.schemas import CompanyCreate, CompanyOut, CompanyPatch
from crm_core.companies.tables import Company
from crm_core.contacts.points import Point, points_of, values_of
from crm_core.contacts.queries import default_region
from crm_core.custom_fields.queries import Customs, customs_for
from crm_core.finding.words import search_text
from crm_core.rows import insert_rows, new_row, put
from crm_core.storable import check_storable

MOST_TAGS = 100
NEVER_NULL = ("name", "phones", "emails", "legal", "custom", "tags")


async def create_company(session: AsyncSession, wanted: CompanyCreate, *, caller: Caller, now: datetime) -> Company:
    """A new company; raises `Invalid` for a phone, e-mail or owner that is none."""
    (made,) = await create_companies(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    return made


async def create_companies(
    session: AsyncSession, wanted: Sequence[CompanyCreate], *, caller: Caller, now: datetime
) -> list[Company | Problem]:
    """A new company for each, or what is wrong with it, in order; a handful of statements for all."""
    region = await default_region(session, caller.workspace)
    owners = await Owners.among(session, [one.owner_id for one in wanted], caller)
    customs = await customs_for(session, caller.workspace, "company", [one.custom for one in wanted])
    made: list[Company | Problem] = []
    for one in wanted:
        try:
            check_storable(one)
            points = points_of(one.phones, one.emails, [], region=region)
            checked = one.model_copy(update={"custom": customs.values(one.custom).stored})
            made.append(_draft(caller.workspace, checked, points, owners.of(one.owner_id), now=now))
        except Problem as problem:
            made.append(problem)
    drafts = [one for one in made if isinstance(one, Company)]
    await _store(session, caller.workspace, drafts, by=caller.subject, now=now)
    return made


class CompanyTold(NamedTuple):
    """What a lead tells of the company it comes from."""

    name: str | None = None
    tax_number: str | None = None
    website: str | None = None
    address: str | None = None
    tags: Sequence[str] = ()
    custom: Mapping[str, Any] = MappingProxyType({})


async def match_or_create_company(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    told: CompanyTold,
    domains: Collection[str],
    owner_id: UUID | None,
    by: str,
    now: datetime,
) -> Company | None:
    """The company of this tax number or name, or the only one at these domains, else a new one; None where no name is
    told either. A known company keeps what it has, and learns what it lacked."""
    await queries.lock_names(session, workspace_id, name=told.name, tax_number=told.tax_number, domains=domains)
    known = await queries.same_company(
        session, workspace_id, name=told.name, tax_number=told.tax_number, domains=domains
    )
    customs = await customs_for(session, workspace_id, "company", [told.custom])
    if known is not None:
        await _learn(session, known, told, customs, by=by, now=now)
        return known
    if not told.name:
        return None
    owner = await kept_owner(session, workspace_id, owner_id)
    wanted = CompanyCreate(
        name=told.name, tax_number=told.tax_number, website=told.website, address=told.address,
        tags=list(told.tags), custom=customs.fitting(told.custom).stored,
    )  # fmt: skip
    company = _draft(workspace_id, wanted, [], owner, now=now)
    await _store(session, workspace_id, [company], by=by, now=now)
    return company


async def _learn(
    session: AsyncSession, company: Company, told: CompanyTold, customs: Customs, *, by: str, now: datetime
) -> None:
    before = _shown(company)
    for field in ("tax_number", "website", "address"):
        if not getattr(company, field):
            setattr(company, field, _stored(company, field, getattr(told, field)))
    company.tags = list(dict.fromkeys([*company.tags, *told.tags]))[:MOST_TAGS]
    company.custom = customs.fitting(told.custom, before=company.custom).stored
    if _shown(company) != before:
        await _changed(session, company, before=before, by=by, now=now)


async def change_company(
    session: AsyncSession, company: Company, wanted: CompanyPatch, *, caller: Caller, now: datetime
) -> Company:
    """Applies a merge patch to a (locked) company."""
    before = _shown(company)
    check_storable(wanted)
    sent = changes(wanted, never_null=NEVER_NULL)
    if "owner_id" in sent:
        owner = await named_owner(session, company.workspace_id, sent["owner_id"]) if sent["owner_id"] else None
        sent |= {"owner_id": owner.owner_id, "team_id": owner.team_id} if owner else {}
    if "custom" in sent:
        customs = await customs_for(session, company.workspace_id, "company", [sent["custom"]])
        sent["custom"] = customs.values(sent["custom"], before=company.custom).stored
    region = await default_region(session, company.workspace_id)
    points = points_of(wanted.phones or [], wanted.emails or [], [], region=region)
    normalised = {"phones": values_of(points, "phone"), "emails": values_of(points, "email")}
    for field, value in sent.items():
        setattr(company, field, _stored(company, field, normalised.get(field, value)))
    company.name_key = name_key(company.name)
    await _changed(session, company, before=before, by=caller.subject, now=now)
    return company


async def _changed(
    session: AsyncSession, company: Company, *, before: Mapping[str, Any], by: str, now: datetime
) -> None:
    company.search_text = searched(company)
    company.version += 1
    company.updated_at = now
    await session.flush()
    change = audit.Change("company.update", "company", company.id, before, _shown(company))
    await audit.record_all(session, workspace_id=company.workspace_id, by=by, changes=[change], now=now)


def _stored(company: Company, field: str, value: Any) -> Any:
    if field == "legal":
        return merged(getattr(company, field), value)
    if field == "tax_number" and value:
        return digits(value)
    return value


def _draft(
    workspace_id: UUID, wanted: CompanyCreate, points: Sequence[Point], owner: Owner, *, now: datetime
) -> Company:
    company = new_row(
        Company, workspace_id=workspace_id, id=new_id(), version=1, name=wanted.name, name_key=name_key(wanted.name),
        tax_number=digits(wanted.tax_number) if wanted.tax_number else None, website=wanted.website,
        address=wanted.address, phones=values_of(points, "phone"), emails=values_of(points, "email"),
        owner_id=owner.owner_id, team_id=owner.team_id, legal=wanted.legal, custom=wanted.custom, tags=wanted.tags,
        search_text="", merged_into=None, created_at=now, updated_at=now,
    )  # fmt: skip
    put(company, search_text=searched(company))
    return company


def searched(company: Company) -> str:
    """All words by which a company is found."""
    points = [*(Point("phone", one) for one in company.phones), *(Point("email", one) for one in company.emails)]
    return search_text([company.name, company.tax_number, company.website], points)


async def _store(
    session: AsyncSession, workspace_id: UUID, drafts: Sequence[Company], *, by: str, now: datetime
) -> None:
    await insert_rows(session, drafts)
    entries = [audit.Change("company.create", "company", company.id, after=_shown(company)) for company in drafts]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)


def _shown(company: Company) -> Mapping[str, Any]:
    return CompanyOut.model_validate(company).model_dump(mode="json")
