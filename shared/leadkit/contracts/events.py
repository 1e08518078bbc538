"""What travels in the feeds: the full state of an aggregate without personal data, with its version.

Every event of an aggregate carries its whole state, so a reader that saw only the latest one knows everything:
`reached` keeps the first time of each state or stage, `passages` counts the entries into each.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from leadkit.contracts.common import Amount, Currency, Moment, Shape
from leadkit.contracts.inquiry import Channel

LeadStatus = Literal["new", "assigned", "in_progress", "qualified", "converted", "disqualified", "postponed", "merged"]
DealStatus = Literal["open", "won", "lost"]
SubmissionStatus = Literal[
    "pending", "ready", "delivered", "interest", "spam", "duplicate", "ignored", "unreadable", "parked"
]
Temperature = Literal["cold", "warm", "hot"]

CustomTold = Annotated[dict[str, Any], Field(description="Custom fields that are defined as not personal, by key")]


class EventTouch(Shape):
    """A touch as it may leave a service: addresses without their query part, click ids and client ids kept."""

    source: str | None
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None
    campaign_id: str | None
    adgroup_id: str | None
    ad_id: str | None
    form_id: str | None
    landing_url: str | None
    page_url: str | None
    referrer: str | None
    channel_group: str | None
    at: Moment | None
    click_ids: dict[str, str]
    client_ids: dict[str, str]


class EventAttribution(Shape):
    """First and last touch; `last_non_direct` is the touch that source dimensions are taken from."""

    first: EventTouch | None
    last: EventTouch | None
    last_non_direct: EventTouch | None


class Ownership(Shape):
    """Who owned a lead or deal from a moment on; both ids null: nobody."""

    owner_id: UUID | None
    team_id: UUID | None
    at: Moment


class SubmissionState(Shape):
    """`submission.recorded`: one submission of lead-intake at a change of its status. `result` is what crm-core made of
    it; `unmatched` is a call to somebody whom it does not know."""

    id: UUID
    version: int
    source_id: UUID
    channel: Channel
    provider: str
    status: SubmissionStatus
    reason: str | None
    result: Literal["created", "attached", "reopened", "unmatched"] | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    attribution: EventAttribution | None
    occurred_at: Moment
    received_at: Moment


class InquiryState(Shape):
    """`inquiry.recorded`: an inquiry that crm-core has put on a lead or deal. `direct`: it came without lead-intake."""

    id: UUID
    version: int
    result: Literal["created", "attached", "reopened"]
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    source_id: UUID | None
    channel: Channel
    provider: str | None
    attribution: EventAttribution
    direct: bool
    occurred_at: Moment
    received_at: Moment


class LeadState(Shape):
    """`lead.*`: `occurred_at` is that of the first inquiry (or of creation by hand) and gives the lead its day."""

    id: UUID
    version: int
    status: LeadStatus
    source_id: UUID | None
    channel: Channel | None
    provider: str | None
    attribution: EventAttribution
    product: str | None
    region: str | None
    language: str | None
    temperature: Temperature
    score: int
    completeness: float
    owner_id: UUID | None
    team_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    loss_reason_id: UUID | None
    merged_into: UUID | None
    inquiry_count: int
    repeat: bool
    reached: dict[LeadStatus, Moment]
    passages: dict[LeadStatus, int]
    owners: list[Ownership]
    first_response_at: Moment | None
    respond_by: Moment | None
    postponed_until: Moment | None
    occurred_at: Moment
    created_at: Moment
    updated_at: Moment
    custom: CustomTold = Field(default_factory=dict)


class DeadlineState(Shape):
    """`deadline.due_soon|breached|fulfilled`: what was expected of one owner of a lead. `step`: how often the lead had
    been passed on. `worked_s` is the owner's working time until the first response, whoever gave it; `lost_s` that of
    it which came too late, kept for the first who had the lead and for the last."""

    id: UUID
    version: int
    status: Literal["open", "breached", "met", "late", "void"]
    lead_id: UUID
    owner_id: UUID
    team_id: UUID | None
    rule_id: UUID | None
    step: int
    set_at: Moment
    due_at: Moment | None
    accept_by: Moment | None
    reminded_at: Moment | None
    breached_at: Moment | None
    breach: Literal["late", "not_accepted"] | None
    fulfilled_at: Moment | None
    worked_s: int | None
    lost_s: int | None
    updated_at: Moment


class SoldState(Shape):
    """A line of a deal, without its words; `price` is for one, `discount` per cent."""

    product_id: UUID | None
    quantity: str
    price: Amount
    discount: str


class DealState(Shape):
    """`deal.*`: `reached` and `passages` are keyed by stage id, and by `won` and `lost`."""

    id: UUID
    version: int
    status: DealStatus
    lead_id: UUID | None
    contact_id: UUID | None
    company_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    amount: Amount | None
    currency: Currency
    probability: float
    owner_id: UUID | None
    team_id: UUID | None
    expected_close: str | None
    loss_reason_id: UUID | None
    reached: dict[str, Moment]
    passages: dict[str, int]
    owners: list[Ownership]
    won_at: Moment | None
    lost_at: Moment | None
    entered_stage_at: Moment
    created_at: Moment
    updated_at: Moment
    custom: CustomTold = Field(default_factory=dict)
    lines: list[SoldState] = Field(default_factory=list)


class ActivityState(Shape):
    """`activity.*`: a call, e-mail, meeting, task or note, without its words. `activity.missed` is told of a due time
    that passed (`missed_at`) and of a call to us that nobody took."""

    id: UUID
    version: int
    kind: Literal["call", "email", "meeting", "task", "note"]
    direction: Literal["inbound", "outbound"] | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    owner_id: UUID | None
    inquiry_id: UUID | None
    due_at: Moment | None
    remind_before_minutes: int | None = None
    reminded_at: Moment | None = None
    missed_at: Moment | None = None
    completed_at: Moment | None
    created_at: Moment


class ContactState(Shape):
    """`contact.*`: what links a contact to the rest, and nothing that says who it is."""

    id: UUID
    version: int
    kind: Literal["client", "partner", "supplier"]
    company_id: UUID | None
    owner_id: UUID | None
    merged_into: UUID | None
    lead_ids: list[UUID]
    deal_ids: list[UUID]
    created_at: Moment
    updated_at: Moment
    custom: CustomTold = Field(default_factory=dict)


class Retention(Shape):
    """For how many days closed leads and raw requests are kept; null: without limit."""

    closed_leads_days: int | None = None
    raw_requests_days: int | None = None


class WorkspaceState(Shape):
    """`workspace.created|updated`."""

    id: UUID
    version: int
    name: str
    time_zone: str
    currency: Currency
    default_region: str
    language: str
    retention: Retention = Retention()


class StaffState(Shape):
    """`user.changed`: a member of staff; the display name may go out, the e-mail address does not."""

    id: UUID
    version: int
    name: str
    role: str
    team_id: UUID | None
    active: bool


class NamedState(Shape):
    """`team.changed`, `loss_reason.changed`, `product.changed`, `source.changed`: a catalogue entry and its name."""

    id: UUID
    version: int
    name: str
    active: bool


class StageState(Shape):
    """A stage inside `pipeline.changed`."""

    id: UUID
    key: str
    name: str
    position: int
    probability: float
    archived: bool = False


class PipelineState(Shape):
    """`pipeline.changed`."""

    id: UUID
    version: int
    name: str
    is_default: bool
    archived: bool = False
    stages: list[StageState] = Field(default_factory=list)


class TokenRevoked(Shape):
    """`token.revoked`: the `jti` that no service accepts any more, until the token would have expired by itself."""

    id: UUID
    version: int
    expires_at: Moment


class PersonErased(Shape):
    """`person.erased`: nothing that says who it was. `hashes` are those of `leadkit.persons` of the person's phones,
    e-mails and messengers, made with the key that has this `key_id`."""

    id: UUID
    version: int
    contact_ids: list[UUID]
    lead_ids: list[UUID]
    deal_ids: list[UUID]
    inquiry_ids: list[UUID]
    hashes: list[str]
    key_id: str
    erased_at: Moment


class WebhookState(Shape):
    """`webhook.disabled`: an endpoint that is told of nothing any more, since it was `failing` or `gone`."""

    id: UUID
    version: int
    name: str
    enabled: bool
    reason: str | None
