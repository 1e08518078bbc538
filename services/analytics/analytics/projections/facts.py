"""Facts in memory: one immutable tuple a row of `tables.py`, in the same column order, and how a state becomes one."""

from datetime import datetime
from decimal import Decimal
from operator import itemgetter
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

# A state has most of a row's values under the same names: taking them all at once saves a third of the work.
_submission = itemgetter(*SubmissionRow._fields)
_inquiry = itemgetter(*InquiryRow._fields)
_lead = itemgetter(*LeadRow._fields)
_deal = itemgetter(*DealRow._fields)


def submission_row(workspace_id: UUID, data: dict[str, Any]) -> SubmissionRow:
    """The fact that a `submission.recorded` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = SubmissionState.model_validate(data)
    values = vars(state) | _touch(state.attribution)
    values["workspace_id"], values["entry_point"] = workspace_id, state.source_id
    values["occurred_at"] = min(state.occurred_at, state.received_at)
    return SubmissionRow._make(_submission(values))


def inquiry_row(workspace_id: UUID, data: dict[str, Any]) -> InquiryRow:
    """The fact that an `inquiry.recorded` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = InquiryState.model_validate(data)
    values = vars(state) | _touch(state.attribution)
    values["workspace_id"], values["entry_point"] = workspace_id, state.source_id
    values["occurred_at"] = min(state.occurred_at, state.received_at)
    values["touches"] = touches_of(state)
    return InquiryRow._make(_inquiry(values))


def lead_row(workspace_id: UUID, data: dict[str, Any]) -> LeadRow:
    """The fact that a `lead.*` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = LeadState.model_validate(data)
    values = vars(state) | _touch(state.attribution)
    converted_at = state.reached.get("converted")
    qualified_at = _earliest(state.reached.get("qualified"), converted_at)
    values["workspace_id"], values["entry_point"] = workspace_id, state.source_id
    values["completeness"] = _decimal(state.completeness)
    values["owners"], values["passages"] = data["owners"], data["passages"]
    values["assigned_at"] = _assigned_at(state)
    values["contacted_at"] = _earliest(state.reached.get("in_progress"), qualified_at)
    values["qualified_at"], values["converted_at"] = qualified_at, converted_at
    values["disqualified_at"], values["postponed_at"] = _since(state, "disqualified"), _since(state, "postponed")
    return LeadRow._make(_lead(values))


def deal_row(workspace_id: UUID, data: dict[str, Any]) -> DealRow:
    """The fact that a `deal.*` tells; raises pydantic's ValidationError for a state it cannot read."""
    state = DealState.model_validate(data)
    values = dict(vars(state))
    values["workspace_id"], values["case_id"] = workspace_id, state.lead_id or state.id
    values["probability"] = _decimal(state.probability)
    values["won_at"], values["lost_at"] = _when(state, "won", state.won_at), _when(state, "lost", state.lost_at)
    values["owners"], values["reached"], values["passages"] = data["owners"], data["reached"], data["passages"]
    return DealRow._make(_deal(values))


_of_touch = itemgetter(*_TOUCH, "landing_url")


def _touch(attribution: EventAttribution | None) -> dict[str, Any]:
    touch: EventTouch | None = attribution.last_non_direct or attribution.last if attribution else None
    return _NO_TOUCH if touch is None else dict(zip(_NO_TOUCH, _of_touch(vars(touch)), strict=True))


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
