"""Reading inquiries; every query names its workspace."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from leadkit.contracts.inquiry import Inquiry
from leadkit.contracts.touches import outgoing
from leadkit.outbox import NewEvent
from leadkit.snapshot import Place, paged
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.inquiries.tables import InquiryRow
from crm_core.inquiries.wire import inquiry_event


class ThreadEnd(NamedTuple):
    """Where a message of a thread went."""

    lead_id: UUID | None
    contact_id: UUID | None


async def lock_stored(session: AsyncSession, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, InquiryRow]:
    """Those of the inquiries that are stored already, locked in order, outside the session."""
    found = await session.scalars(
        select(InquiryRow)
        .where(InquiryRow.workspace_id == workspace_id, InquiryRow.id.in_(sorted(ids)))
        .order_by(InquiryRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = list(found)
    for row in rows:
        session.expunge(row)
    return {row.id: row for row in rows}


async def thread_ends(
    session: AsyncSession, workspace_id: UUID, thread_ids: Sequence[str]
) -> dict[str, list[ThreadEnd]]:
    """Where the messages of these ids went, the latest first."""
    if not thread_ids:
        return {}
    rows = await session.execute(
        select(InquiryRow.thread_id, InquiryRow.lead_id, InquiryRow.contact_id)
        .where(InquiryRow.workspace_id == workspace_id, InquiryRow.thread_id.in_(thread_ids))
        .order_by(InquiryRow.occurred_at.desc(), InquiryRow.id.desc())
    )
    found: dict[str, list[ThreadEnd]] = {}
    for thread_id, lead_id, contact_id in rows:
        found.setdefault(thread_id or "", []).append(ThreadEnd(lead_id, contact_id))
    return found


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all inquiries."""
    key = (InquiryRow.workspace_id, InquiryRow.id)
    page = paged(select(InquiryRow), key=key, workspace_id=workspace_id, after=after, limit=limit)
    rows = await session.scalars(page)
    return [inquiry_event(row, outgoing(Inquiry.model_validate(row.body).attribution)) for row in rows]


async def consents_of(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Of each lead whose inquiries said anything of it, whether consent was given in the latest that did."""
    consent = InquiryRow.body["consent"]["given"].as_boolean()
    rows = await session.execute(
        select(InquiryRow.lead_id, consent)
        .where(InquiryRow.workspace_id == workspace_id, InquiryRow.lead_id.in_(lead_ids), consent.is_not(None))
        .order_by(InquiryRow.occurred_at, InquiryRow.id)
    )
    return {lead_id: given for lead_id, given in rows if lead_id is not None}
