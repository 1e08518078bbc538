"""Facts in memory: one immutable tuple a row of `tables.py`, in the same column order, and how a state becomes one."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import (
    DealState,
    EventAttribution,
    EventTouch,
    InquiryState,
    LeadState,
    LeadStatus,
    SubmissionState,
)

from analytics.projections.touches import touches_of


class SubmissionRow(NamedTuple):
    """A row of `fact_submission`."""

    workspace_id: UUID
    id: UUID
    version: int
    status: str
    reason: str | None
    result: str | None
    lead_id: UUID | None
    entry_point: UUID | None
    channel: str | None
    provider: str | None
    source: str | None
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    channel_group: str | None
    landing_page: str | None
    occurred_at: datetime
    received_at: datetime


class InquiryRow(NamedTuple):
    """A row of `fact_inquiry`."""

    workspace_id: UUID
    id: UUID
    version: int
    result: str
    direct: bool
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    entry_point: UUID | None
    channel: str | None
    provider: str | None
    source: str | None
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    channel_group: str | None
    landing_page: str | None
    occurred_at: datetime
    received_at: datetime
    touches: list[dict[str, Any]]


class LeadRow(NamedTuple):
    """A row of `fact_lead`."""

    workspace_id: UUID
    id: UUID
    version: int
    status: str
    entry_point: UUID | None
    channel: str | None
    provider: str | None
    source: str | None
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    channel_group: str | None
    landing_page: str | None
    product: str | None
    region: str | None
    language: str | None
    temperature: str
    score: int
    completeness: Decimal
    owner_id: UUID | None
    team_id: UUID | None
    owners: list[dict[str, Any]]
    contact_id: UUID | None
    deal_id: UUID | None
    loss_reason_id: UUID | None
    merged_into: UUID | None
    inquiry_count: int
    repeat: bool
    occurred_at: datetime
    assigned_at: datetime | None
    contacted_at: datetime | None
    qualified_at: datetime | None
    converted_at: datetime | None
    disqualified_at: datetime | None
    postponed_at: datetime | None
    first_response_at: datetime | None
    respond_by: datetime | None
    passages: dict[str, int]
    updated_at: datetime


class DealRow(NamedTuple):
    """A row of `fact_deal`."""

    workspace_id: UUID
    id: UUID
    version: int
    case_id: UUID
    lead_id: UUID | None
    contact_id: UUID | None
    status: str
    pipeline_id: UUID
    stage_id: UUID
    loss_reason_id: UUID | None
    amount: Decimal | None
    currency: str
    probability: Decimal
    owner_id: UUID | None
    team_id: UUID | None
    owners: list[dict[str, Any]]
    expected_close: str | None
    created_at: datetime
    entered_stage_at: datetime
    won_at: datetime | None
    lost_at: datetime | None
    reached: dict[str, str]
    passages: dict[str, int]
    updated_at: datetime


_TOUCH = ("source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group")
_NO_TOUCH: dict[str, Any] = dict.fromkeys((*_TOUCH, "landing_page"))


def submission_row(workspace_id: UUID, data: dict[str, Any]) -> SubmissionRow:
    """The fact that a `submission.recorded` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = SubmissionState.model_validate(data)
    return SubmissionRow(
        workspace_id=workspace_id,
        id=state.id,
        version=state.version,
        status=state.status,
        reason=state.reason,
        result=state.result,
        lead_id=state.lead_id,
        entry_point=state.source_id,
        channel=state.channel,
        provider=state.provider,
        **_touch(state.attribution),
        occurred_at=min(state.occurred_at, state.received_at),
        received_at=state.received_at,
    )


def inquiry_row(workspace_id: UUID, data: dict[str, Any]) -> InquiryRow:
    """The fact that an `inquiry.recorded` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = InquiryState.model_validate(data)
    return InquiryRow(
        workspace_id=workspace_id,
        id=state.id,
        version=state.version,
        result=state.result,
        direct=state.direct,
        lead_id=state.lead_id,
        contact_id=state.contact_id,
        deal_id=state.deal_id,
        entry_point=state.source_id,
        channel=state.channel,
        provider=state.provider,
        **_touch(state.attribution),
        occurred_at=min(state.occurred_at, state.received_at),
        received_at=state.received_at,
        touches=touches_of(state),
    )


def lead_row(workspace_id: UUID, data: dict[str, Any]) -> LeadRow:
    """The fact that a `lead.*` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = LeadState.model_validate(data)
    converted_at = state.reached.get("converted")
    qualified_at = _earliest(state.reached.get("qualified"), converted_at)
    contacted_at = _earliest(state.reached.get("in_progress"), qualified_at)
    return LeadRow(
        workspace_id=workspace_id,
        id=state.id,
        version=state.version,
        status=state.status,
        entry_point=state.source_id,
        channel=state.channel,
        provider=state.provider,
        **_touch(state.attribution),
        product=state.product,
        region=state.region,
        language=state.language,
        temperature=state.temperature,
        score=state.score,
        completeness=_decimal(state.completeness),
        owner_id=state.owner_id,
        team_id=state.team_id,
        owners=data["owners"],
        contact_id=state.contact_id,
        deal_id=state.deal_id,
        loss_reason_id=state.loss_reason_id,
        merged_into=state.merged_into,
        inquiry_count=state.inquiry_count,
        repeat=state.repeat,
        occurred_at=state.occurred_at,
        assigned_at=_assigned_at(state),
        contacted_at=contacted_at,
        qualified_at=qualified_at,
        converted_at=converted_at,
        disqualified_at=_since(state, "disqualified"),
        postponed_at=_since(state, "postponed"),
        first_response_at=state.first_response_at,
        respond_by=state.respond_by,
        passages=data["passages"],
        updated_at=state.updated_at,
    )


def deal_row(workspace_id: UUID, data: dict[str, Any]) -> DealRow:
    """The fact that a `deal.*` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = DealState.model_validate(data)
    return DealRow(
        workspace_id=workspace_id,
        id=state.id,
        version=state.version,
        case_id=state.lead_id or state.id,
        lead_id=state.lead_id,
        contact_id=state.contact_id,
        status=state.status,
        pipeline_id=state.pipeline_id,
        stage_id=state.stage_id,
        loss_reason_id=state.loss_reason_id,
        amount=state.amount,
        currency=state.currency,
        probability=_decimal(state.probability),
        owner_id=state.owner_id,
        team_id=state.team_id,
        owners=data["owners"],
        expected_close=state.expected_close,
        created_at=state.created_at,
        entered_stage_at=state.entered_stage_at,
        won_at=_when(state, "won", state.won_at),
        lost_at=_when(state, "lost", state.lost_at),
        reached=data["reached"],
        passages=data["passages"],
        updated_at=state.updated_at,
    )


def _touch(attribution: EventAttribution | None) -> dict[str, Any]:
    touch: EventTouch | None = attribution.last_non_direct or attribution.last if attribution else None
    if touch is None:
        return _NO_TOUCH
    return {
        "source": touch.source,
        "medium": touch.medium,
        "campaign": touch.campaign,
        "content": touch.content,
        "term": touch.term,
        "campaign_id": touch.campaign_id,
        "adgroup_id": touch.adgroup_id,
        "ad_id": touch.ad_id,
        "channel_group": touch.channel_group,
        "landing_page": touch.landing_url,
    }


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _assigned_at(state: LeadState) -> datetime | None:
    if (reached := state.reached.get("assigned")) is not None:
        return reached
    return next((each.at for each in state.owners if each.owner_id is not None), None)


def _since(state: LeadState, status: LeadStatus) -> datetime | None:
    """The first time in `status`; a lead that is in it now always has one."""
    return state.reached.get(status) or (state.updated_at if state.status == status else None)


def _when(state: DealState, status: str, told: datetime | None) -> datetime | None:
    """When the deal was won or lost; a deal that is so now always has a time."""
    return told or state.reached.get(status) or (state.updated_at if state.status == status else None)


def _decimal(share: float) -> Decimal:
    return Decimal(str(round(share, 4)))
