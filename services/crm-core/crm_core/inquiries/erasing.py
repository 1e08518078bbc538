"""Erasing who inquired and what they wrote; that they did, through which source and channel, stays."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.inquiry import Attribution
from leadkit.contracts.touches import nameless, outgoing
from leadkit.outbox import publish
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.inquiries.tables import InquiryRow
from crm_core.inquiries.wire import inquiry_event
from crm_core.rows import Write, write

KEPT = ("id", "revision", "source_id", "channel", "provider", "occurred_at", "received_at", "product", "region",
        "language", "budget")  # fmt: skip
OF_THE_CALL = ("direction", "result", "duration_seconds", "wait_seconds")


async def inquiries_of(
    session: AsyncSession,
    workspace_id: UUID,
    *,
    lead_ids: Collection[UUID],
    contact_ids: Collection[UUID],
    deal_ids: Collection[UUID],
    lock: bool = False,
) -> list[InquiryRow]:
    """The inquiries on these leads, contacts and deals, in order; with `lock` nobody else changes them
    meanwhile."""
    statement = select(InquiryRow).where(
        InquiryRow.workspace_id == workspace_id,
        or_(
            InquiryRow.lead_id.in_(lead_ids),
            InquiryRow.contact_id.in_(contact_ids),
            InquiryRow.deal_id.in_(deal_ids),
        ),
    )
    statement = statement.order_by(InquiryRow.id)
    return list(await session.scalars(statement.with_for_update() if lock else statement))


async def erase_inquiries(session: AsyncSession, rows: Sequence[InquiryRow], *, now: datetime) -> None:
    """Empties these (locked) inquiries, and tells of them what is left."""
    for row in rows:
        session.expunge(row)
        row.body, row.thread_id = without_person(row.body), None
        row.version += 1
        row.updated_at = now
    await write(session, [Write(rows, "update")])
    told = [inquiry_event(row, outgoing(Attribution.model_validate(row.body["attribution"]))) for row in rows]
    await publish(session, told)


def without_person(body: Mapping[str, Any]) -> dict[str, Any]:
    """An inquiry of nobody: what statistics count, in the shape of every inquiry."""
    call = body.get("call")
    return {
        **{name: body.get(name) for name in KEPT},
        "attribution": nameless(body.get("attribution")),
        "call": {name: call.get(name) for name in OF_THE_CALL} if call else None,
    }
