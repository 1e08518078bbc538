"""The canonical inquiry: what lead-intake (or any integration) hands to crm-core."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from leadkit.contracts.common import Moment, Money, Shape

Channel = Literal["form", "email", "call", "chat", "ads", "import", "api"]
CallResult = Literal["answered", "missed", "voicemail"]
InquiryResult = Literal["created", "attached", "reopened", "updated"]


class Person(Shape):
    """Whoever inquired, as far as the inquiry tells."""

    full_name: str | None = Field(default=None, max_length=300)
    first_name: str | None = Field(default=None, max_length=200)
    middle_name: str | None = Field(default=None, max_length=200)
    last_name: str | None = Field(default=None, max_length=200)
    company: str | None = Field(default=None, max_length=300)
    position: str | None = Field(default=None, max_length=200)


class Messenger(Shape):
    """An address in a messenger, such as network `telegram`, id `12345`."""

    network: str = Field(max_length=50)
    id: str = Field(max_length=255)


class Touch(Shape):
    """One visit's traffic source; `source`, `medium`, `campaign`, `content` and `term` are the UTM values."""

    source: str | None = Field(default=None, max_length=255)
    medium: str | None = Field(default=None, max_length=255)
    campaign: str | None = Field(default=None, max_length=255)
    content: str | None = Field(default=None, max_length=255)
    term: str | None = Field(default=None, max_length=255)
    campaign_id: str | None = Field(default=None, max_length=255)
    adgroup_id: str | None = Field(default=None, max_length=255)
    ad_id: str | None = Field(default=None, max_length=255)
    form_id: str | None = Field(default=None, max_length=255)
    landing_url: str | None = Field(default=None, max_length=2048)
    page_url: str | None = Field(default=None, max_length=2048)
    referrer: str | None = Field(default=None, max_length=2048)
    channel_group: str | None = Field(default=None, max_length=50)
    at: Moment | None = None
    click_ids: dict[str, str] = Field(default_factory=dict)
    client_ids: dict[str, str] = Field(default_factory=dict)


class Attribution(Shape):
    """The first and the last touch of the visitor who inquired; channel group organic, paid, social, direct, ..."""

    first: Touch | None = None
    last: Touch | None = None
    call_tracking: dict[str, str] | None = None


class Call(Shape):
    """A telephone call; durations in whole seconds, the line number E.164 or a SIP address as dialled."""

    direction: Literal["inbound", "outbound"]
    result: CallResult
    duration_seconds: int | None = Field(default=None, ge=0)
    wait_seconds: int | None = Field(default=None, ge=0)
    line_number: str | None = Field(default=None, max_length=255)
    operator: str | None = Field(default=None, max_length=255)
    recording_url: str | None = Field(default=None, max_length=2048)
    disconnect_reason: int | None = None


class Consent(Shape):
    """Evidence that the person agreed, with the wording shown to them. `ip_hash`: of the address, with a secret key."""

    purpose: str | None = Field(default=None, max_length=255)
    given: bool
    text: str | None = Field(default=None, max_length=4000)
    text_version: str | None = Field(default=None, max_length=50)
    at: Moment | None = None
    ip_hash: str | None = Field(default=None, max_length=128)


class Inquiry(Shape):
    """One inquiry of one person. `id` equals the submission's id when it came through lead-intake;
    a higher `revision` of the same id replaces what was known (a recording that comes later).
    `in_reply_to` is the external id of the message that began the thread, `references` those of the whole thread."""

    id: UUID
    revision: int = Field(default=1, ge=1)
    source_id: UUID | None = None
    channel: Channel
    provider: str | None = Field(default=None, max_length=50)
    external_id: str | None = Field(default=None, max_length=255)
    occurred_at: Moment | None = None
    received_at: Moment | None = None
    in_reply_to: str | None = Field(default=None, max_length=998)
    references: list[str] = Field(default_factory=list, max_length=50)
    person: Person = Field(default_factory=Person)
    phones: list[str] = Field(default_factory=list, max_length=20)
    emails: list[str] = Field(default_factory=list, max_length=20)
    messengers: list[Messenger] = Field(default_factory=list, max_length=20)
    subject: str | None = Field(default=None, max_length=1000)
    message: str | None = Field(default=None, max_length=20000)
    product: str | None = Field(default=None, max_length=255)
    region: str | None = Field(default=None, max_length=255)
    language: str | None = Field(default=None, max_length=35)
    budget: Money | None = None
    attribution: Attribution = Field(default_factory=Attribution)
    call: Call | None = None
    consent: Consent | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
