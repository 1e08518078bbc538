"""What a provider is: verify, read, merge, answer and mask. All pure: no database, no clock, no network."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from leadkit.contracts.inquiry import CallResult, Channel
from pydantic import BaseModel

from lead_intake.numbers.book import NO_NUMBERS, NumberBook
from lead_intake.providers.questions import NoAccess, Question, Reply
from lead_intake.providers.settings import Secrets, SourceDefaults, SourceSettings, SpamSettings

Disposition = Literal["inquiry", "pending", "ignored", "update"]


class Unreadable(Exception):
    """An authentic request that cannot be read: it is kept as `unreadable` and answered with success."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it came: header names in lower case, `rest` is what followed the key (`/events/summary` or empty),
    `query` the raw query string, `address` the client's."""

    method: str
    rest: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, eq=False)
class SourceView:
    """What a provider and the normaliser know of a source. One object is used for many requests.

    `key` is the public one in its address; `workspace_key` a secret of the workspace, for hashes and signatures.
    """

    id: UUID
    workspace_id: UUID
    channel: Channel
    provider: str
    settings: SourceSettings = field(default_factory=SourceSettings)
    secrets: Mapping[str, str] = field(default_factory=dict)
    defaults: SourceDefaults = field(default_factory=SourceDefaults)
    spam: SpamSettings = field(default_factory=SpamSettings)
    redirect_url: str | None = None
    key: str = ""
    numbers: NumberBook = NO_NUMBERS
    workspace_region: str = "RU"
    workspace_time_zone: str = "Europe/Moscow"
    workspace_key: bytes = b""

    def hashed(self, text: str) -> str:
        """A hash that only this workspace's secret can make: comparable, and not found by trying."""
        content = text.encode("utf-8", "replace")
        return hashlib.blake2b(content, key=self.workspace_key, digest_size=16).hexdigest()

    @cached_property
    def honeypots(self) -> frozenset[str]:
        """Fields that only robots fill: those that are set, else the usual one where forms are of our own making.
        In builders' forms a person is asked for a `website` in earnest."""
        ours = self.provider == "generic" or "honeypot_fields" in self.spam.model_fields_set
        return frozenset(self.spam.honeypot_fields) if ours else frozenset()

    @cached_property
    def default_region(self) -> str:
        """The country of phones without a country code."""
        return self.settings.default_region or self.workspace_region

    @cached_property
    def time_zone(self) -> ZoneInfo:
        """The zone of times without an offset; an unknown name counts as UTC."""
        try:
            return ZoneInfo(self.settings.time_zone or self.workspace_time_zone)
        except (KeyError, ValueError, OSError):
            return ZoneInfo("UTC")


class Raw(NamedTuple):
    """A value as it came, and where it was found: `field phone`, `text`, `signature`, `header reply-to`."""

    value: str
    origin: str


@dataclass(slots=True)
class CallDraft:
    """A call as the provider tells it; `line_number` as dialled."""

    direction: Literal["inbound", "outbound"]
    result: CallResult
    duration_seconds: int | None = None
    wait_seconds: int | None = None
    line_number: str | None = None
    operator: str | None = None
    recording_url: str | None = None
    disconnect_reason: int | None = None


@dataclass(slots=True)
class ConsentDraft:
    """Consent as the form tells it."""

    given: bool
    purpose: str | None = None
    text: str | None = None
    text_version: str | None = None
    at: datetime | None = None
    ip_hash: str | None = None


@dataclass(slots=True)
class Draft:
    """What a reader found, not yet normalised. `touch` and `first_touch` hold raw marks by their wire name
    (`utm_source`, `gclid`, `_ga`, `landing_url`, ...). `proof`: of work, as the form carries it; `vouched`: handed in
    with a token, so no proof is asked for."""

    full_name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    name_verbatim: bool = False
    company: str | None = None
    position: str | None = None
    phones: list[Raw] = field(default_factory=list)
    emails: list[Raw] = field(default_factory=list)
    messengers: list[tuple[str, str]] = field(default_factory=list)
    subject: str | None = None
    message: str | None = None
    product: str | None = None
    region: str | None = None
    language: str | None = None
    budget: str | None = None
    budget_currency: str | None = None
    occurred_at: datetime | None = None
    touch: dict[str, str] = field(default_factory=dict)
    first_touch: dict[str, str] = field(default_factory=dict)
    call_tracking: dict[str, str] | None = None
    call: CallDraft | None = None
    consent: ConsentDraft | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    in_reply_to: str | None = None
    references: list[str] = field(default_factory=list)
    honeypot: str | None = None
    fill_seconds: float | None = None
    proof: str | None = None
    vouched: bool = False
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """One inquiry, or one event of a call or chat. `inquiry`: complete; `pending`: more must come first;
    `update`: adds to another event with the same `external_id`; `ignored`: no inquiry, for `reason`."""

    external_id: str | None
    disposition: Disposition
    draft: Draft
    reason: str | None = None
    sequence: int = 0


class Provider(ABC):
    """One wire format. `gathers`: requests with one external id are events of one submission, to be merged;
    otherwise they are repeats. `browsers_post`: people's browsers post here, so limits are per address too.
    `asks`: a pending submission is completed by asking the provider's API. `hint`: where the address is pasted."""

    slug: ClassVar[str]
    title: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    settings_model: ClassVar[type[SourceSettings]] = SourceSettings
    secrets_model: ClassVar[type[BaseModel]] = Secrets
    gathers: ClassVar[bool] = False
    browsers_post: ClassVar[bool] = False
    asks: ClassVar[bool] = False
    hint: ClassVar[str] = "Paste the source's address where the provider asks for a webhook address."

    @abstractmethod
    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """Whether the request is authentic; its age is measured at `received_at`."""

    def certificate_url(self, request: WireRequest, source: SourceView) -> str | None:
        """The address of a certificate without which `verify` cannot tell; it is fetched, and stands among the
        secrets of the source that `verify` gets. Only an address of the provider itself may be named."""
        return None

    @abstractmethod
    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """The inquiries or events in the request, also in a masked one. Raises nothing but `Unreadable`."""

    @abstractmethod
    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """The same request for storing, secrets overwritten by `*` of equal length."""

    def merge(self, found: Sequence[Found]) -> Found:
        """One submission from its events (one or more), whatever their order. Without `gathers`: the first."""
        return found[0]

    def close(self, found: Found) -> Found:
        """What a submission that stayed `pending` too long becomes: `inquiry` or `ignored`."""
        return found

    def question(self, external_id: str, source: SourceView) -> Question:
        """What to ask about a pending submission, where the provider `asks`; raises `NoAccess`."""
        raise NoAccess("never_asked")

    def reply(self, status: int, body: bytes) -> Reply:
        """What the API's answer means; one that is taken is read like a request of the same provider."""
        return Reply("refused", "never_asked")

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """What the sender gets after the commit, the same whatever was decided (spam learns nothing)."""
        return received(submission_ids)


_JSON = {"content-type": "application/json"}


def received(submission_ids: Sequence[UUID]) -> WireAnswer:
    """The door's usual answer: 202 with the ids."""
    first = submission_ids[0] if submission_ids else None
    body = {"submission_id": first, "submission_ids": submission_ids, "status": "received"}
    return WireAnswer(202, _JSON, orjson.dumps(body, default=str))


def plain(text: str) -> WireAnswer:
    """200 with a word that the provider waits for."""
    return WireAnswer(200, {"content-type": "text/plain; charset=utf-8"}, text.encode())


def json_answer(value: object) -> WireAnswer:
    """200 with JSON."""
    return WireAnswer(200, _JSON, orjson.dumps(value))
