"""The activity that each inquiry leaves on its lead or deal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.inquiry import Call, Inquiry
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.actions import NewActivity, Revision, record_many, revise_many
from crm_core.activities.rules import Kind
from crm_core.inquiries.placing import Surroundings
from crm_core.inquiries.tables import InquiryRow

KIND_OF_CHANNEL: dict[str, Kind] = {"call": "call", "email": "email"}
"""What else comes in (forms, chats, files) is a note."""

OF_CALL = ("duration_seconds", "wait_seconds", "line_number", "operator", "recording_url", "disconnect_reason")
RECORDINGS = ("recording_id", "recording_file")
"""How a recording is named where the telephony has it under no address."""


async def note(
    session: AsyncSession,
    around: Surroundings,
    made: Sequence[tuple[InquiryRow, Inquiry]],
    revised: Sequence[tuple[InquiryRow, Inquiry]],
    *,
    by: str,
    language: str,
    now: datetime,
) -> None:
    """An activity for each new inquiry (a missed call gets its task to call back), and the known ones brought up to
    date; they belong to whoever owns the lead or deal by now."""
    workspace_id = around.leads.workspace_id
    new = [_activity(row, inquiry, *_owner(around, row)) for row, inquiry in made]
    await record_many(session, new, workspace_id=workspace_id, by=by, language=language, now=now)
    if revised:
        later = [
            Revision(
                activity_id=row.activity_id,
                subject=inquiry.subject,
                body=inquiry.message,
                result=inquiry.call.result if inquiry.call else None,
                data=_data(inquiry),
            )
            for row, inquiry in revised
        ]
        await revise_many(session, later, workspace_id=workspace_id, by=by, language=language, now=now)


def _activity(row: InquiryRow, inquiry: Inquiry, owner_id: UUID | None, team_id: UUID | None) -> NewActivity:
    return NewActivity(
        id=row.activity_id,
        kind=KIND_OF_CHANNEL.get(inquiry.channel, "note"),
        direction="inbound",
        lead_id=None if row.deal_id else row.lead_id,
        contact_id=row.contact_id,
        deal_id=row.deal_id,
        owner_id=owner_id,
        team_id=team_id,
        inquiry_id=row.id,
        subject=inquiry.subject,
        body=inquiry.message,
        result=inquiry.call.result if inquiry.call else None,
        data=_data(inquiry),
        at=row.occurred_at,
    )


def _owner(around: Surroundings, row: InquiryRow) -> tuple[UUID | None, UUID | None]:
    if row.deal_id is not None:
        deal = around.deals[row.deal_id]
        return deal.owner_id, deal.team_id
    assert row.lead_id is not None
    lead = around.leads.leads[row.lead_id]
    return lead.owner_id, lead.team_id


def _data(inquiry: Inquiry) -> dict[str, Any]:
    """What only calls have; `channel` tells forms, chats and files apart."""
    return {"channel": inquiry.channel, **(data_of_call(inquiry.call, inquiry.extra) if inquiry.call else {})}


def data_of_call(call: Call, extra: Mapping[str, Any]) -> dict[str, Any]:
    """What an activity keeps of a call: how long it took, over which line, who took it, and where its recording is."""
    told = {name: getattr(call, name) for name in OF_CALL}
    return {
        name: value
        for name, value in {**told, **{name: extra.get(name) for name in RECORDINGS}}.items()
        if value is not None
    }
