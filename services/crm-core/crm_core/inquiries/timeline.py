"""Inquiries on a timeline: each is a row of its own, also those of a person who asks again."""

from leadkit.contracts.inquiry import Inquiry
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.inquiries.tables import InquiryRow
from crm_core.timeline.entries import Entry, PageOf, Scope
from crm_core.timeline.words import excerpt


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """The inquiries on the scope's leads and deals."""
    on_it = or_(InquiryRow.lead_id.in_(scope.lead_ids), InquiryRow.deal_id.in_(scope.deal_ids))
    statement = select(InquiryRow).where(InquiryRow.workspace_id == scope.workspace_id, on_it)
    rows = await session.scalars(page.of(statement, InquiryRow.occurred_at, InquiryRow.id))
    return [_entry(row, Inquiry.model_validate(row.body)) for row in rows]


def _entry(row: InquiryRow, inquiry: Inquiry) -> Entry:
    return Entry(
        at=row.occurred_at,
        id=row.id,
        kind="inquiry",
        by=row.provider,
        phrase="inquiry",
        words={"channel": row.channel, "text": excerpt(inquiry.subject, inquiry.message, inquiry.product)},
        data={
            "inquiry_id": row.id,
            "lead_id": row.lead_id,
            "deal_id": row.deal_id,
            "source_id": row.source_id,
            "channel": row.channel,
            "provider": row.provider,
            "result": row.result,
            "subject": inquiry.subject,
            "message": inquiry.message,
            "product": inquiry.product,
            "call": inquiry.call.model_dump(mode="json") if inquiry.call else None,
        },
    )
