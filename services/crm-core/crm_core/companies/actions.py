"""Making and changing companies."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from leadkit.merge_patch import changes, merged
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.ownership import Owner, kept_owner, named_owner, owner_or_caller
from crm_core.companies import queries
from crm_core.companies.rules import digits, name_key
from crm_core.companies.schemas import CompanyCreate, CompanyOut, CompanyPatch
from crm_core.companies.tables import Company
from crm_core.contacts.points import values_of
from crm_core.contacts.queries import normalised_points

NEVER_NULL = ("name", "phones", "emails", "legal", "custom", "tags")


async def create_company(session: AsyncSession, wanted: CompanyCreate, *, caller: Caller, now: datetime) -> Company:
    """A new company; raises `Invalid` for a phone, e-mail or owner that is none."""
    owner = await owner_or_caller(session, wanted.owner_id, caller)
    return await _add(session, wanted, owner, workspace_id=caller.workspace, by=caller.subject, now=now)


async def match_or_create_company(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    name: str,
    tax_number: str | None = None,
    owner_id: UUID | None,
    by: str,
    now: datetime,
) -> Company:
    """The company of this tax number or name, a new one when there is none."""
    await queries.lock_names(session, workspace_id, name=name, tax_number=tax_number)
    known = await queries.same_company(session, workspace_id, name=name, tax_number=tax_number)
    if known is not None:
        return known
    owner = await kept_owner(session, workspace_id, owner_id)
    wanted = CompanyCreate(name=name, tax_number=tax_number)
    return await _add(session, wanted, owner, workspace_id=workspace_id, by=by, now=now)


async def change_company(
    session: AsyncSession, company: Company, wanted: CompanyPatch, *, caller: Caller, now: datetime
) -> Company:
    """Applies a merge patch to a (locked) company."""
    before = _shown(company)
    sent = changes(wanted, never_null=NEVER_NULL)
    if "owner_id" in sent:
        owner = await named_owner(session, company.workspace_id, sent["owner_id"]) if sent["owner_id"] else None
        sent |= {"owner_id": owner.owner_id, "team_id": owner.team_id} if owner else {}
    points = await _points(session, company.workspace_id, sent.get("phones") or [], sent.get("emails") or [])
    for field, value in sent.items():
        setattr(company, field, _stored(company, field, points.get(field, value)))
    company.name_key = name_key(company.name)
    company.version += 1
    company.updated_at = now
    await session.flush()
    await _audit(session, company, "company.update", before=before, by=caller.subject, now=now)
    return company


def _stored(company: Company, field: str, value: Any) -> Any:
    if field in ("legal", "custom"):
        return merged(getattr(company, field), value)
    if field == "tax_number" and value:
        return digits(value)
    return value


async def _add(
    session: AsyncSession, wanted: CompanyCreate, owner: Owner, *, workspace_id: UUID, by: str, now: datetime
) -> Company:
    points = await _points(session, workspace_id, wanted.phones, wanted.emails)
    company = Company(
        workspace_id=workspace_id, id=new_id(), version=1, name=wanted.name, name_key=name_key(wanted.name),
        tax_number=digits(wanted.tax_number) if wanted.tax_number else None, website=wanted.website,
        address=wanted.address, phones=points["phones"], emails=points["emails"], owner_id=owner.owner_id,
        team_id=owner.team_id, legal=wanted.legal, custom=wanted.custom, tags=wanted.tags,
        created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(company)
    await session.flush()
    await _audit(session, company, "company.create", before=None, by=by, now=now)
    return company


async def _points(
    session: AsyncSession, workspace_id: UUID, phones: list[str], emails: list[str]
) -> dict[str, list[str]]:
    points = await normalised_points(session, workspace_id, phones, emails)
    return {"phones": values_of(points, "phone"), "emails": values_of(points, "email")}


def _shown(company: Company) -> Mapping[str, Any]:
    return CompanyOut.model_validate(company).model_dump(mode="json")


async def _audit(
    session: AsyncSession, company: Company, action: str, *, before: Mapping[str, Any] | None, by: str, now: datetime
) -> None:
    await audit.record(
        session,
        workspace_id=company.workspace_id,
        by=by,
        action=action,
        subject_type="company",
        subject_id=company.id,
        before=before,
        after=_shown(company),
        now=now,
    )
