"""Everything known of a person, put together from all slices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.inquiry import Inquiry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit.queries import changes_of
from crm_core.access.audit.schemas import AuditOut
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.activities.queries import activities_on
from crm_core.activities.schemas import ActivityOut
from crm_core.contacts.points import values_of
from crm_core.contacts.queries import contacts_among, links_of
from crm_core.contacts.schemas import ContactOut
from crm_core.deals.erasing import deals_of
from crm_core.deals.schemas import DealOut
from crm_core.inquiries.erasing import inquiries_of
from crm_core.leads.erasing import leads_of
from crm_core.leads.schemas import LeadOut
from crm_core.pipelines.queries import stages_by_id
from crm_core.privacy.people import Person
from crm_core.privacy.schemas import PersonExport
from crm_core.privacy.tables import Erasure
from crm_core.timeline.entries import Place, Scope
from crm_core.timeline.queries import entries
from crm_core.timeline.schemas import TimelineItem

PAGE = 500
MOST = 10_000
"""Entries of the timeline and of the audit log at most, the newest."""


async def exported(session: AsyncSession, workspace_id: UUID, person: Person, *, now: datetime) -> PersonExport:
    """The person's cards and all that hangs on them, whoever owns it."""
    deals = await deals_of(session, workspace_id, person.lead_ids, person.contact_ids)
    stages = await stages_by_id(session, workspace_id, list({deal.stage_id for deal in deals}))
    deal_ids = [deal.id for deal in deals]
    of = {"lead_ids": person.lead_ids, "contact_ids": person.contact_ids, "deal_ids": deal_ids}
    inquiries = await inquiries_of(
        session, workspace_id, lead_ids=person.lead_ids, contact_ids=person.contact_ids, deal_ids=deal_ids
    )
    subjects = [*person.contact_ids, *person.lead_ids, *deal_ids]
    audit = await changes_of(session, workspace_id, subjects, until=None, limit=MOST)
    leads = await leads_of(session, workspace_id, person.lead_ids, [])
    return PersonExport(
        exported_at=now,
        addresses={kind: values_of(person.points, kind) for kind in ("phone", "email", "messenger")},
        submission_ids=[row.id for row in inquiries],
        contacts=await _contacts(session, workspace_id, person.contact_ids),
        leads=[LeadOut.of(lead) for lead in leads],
        deals=[DealOut.of(deal, stages[deal.stage_id], now=now) for deal in deals],
        inquiries=[Inquiry.model_validate(row.body) for row in inquiries],
        activities=[ActivityOut.model_validate(row) for row in await activities_on(session, workspace_id, **of)],
        timeline=await _timeline(session, Scope(workspace_id=workspace_id, **of)),
        audit=[AuditOut.model_validate(one) for one in audit],
        erasures=await _erasures(session, workspace_id, person),
    )


async def _contacts(session: AsyncSession, workspace_id: UUID, contact_ids: Sequence[UUID]) -> list[ContactOut]:
    links = await links_of(session, workspace_id, contact_ids)
    rows = await contacts_among(session, workspace_id, contact_ids)
    return [ContactOut.of(row, links[row.id]) for row in rows]


async def _timeline(session: AsyncSession, scope: Scope) -> list[TimelineItem]:
    language = (await existing_workspace(session, scope.workspace_id)).language
    items: list[TimelineItem] = []
    before: Place | None = None
    while len(items) < MOST:
        page = await entries(session, scope, limit=PAGE, before=before)
        items += [TimelineItem.of(entry, language) for entry in page.items]
        before = page.following
        if before is None:
            break
    return items


async def _erasures(session: AsyncSession, workspace_id: UUID, person: Person) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Erasure)
        .where(Erasure.workspace_id == workspace_id)
        .where(Erasure.contact_ids.overlap(person.contact_ids) | Erasure.lead_ids.overlap(person.lead_ids))
    )
    return [{"id": str(row.id), "at": row.at.isoformat()} for row in rows]
