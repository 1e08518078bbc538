"""Submissions as clients send and see them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Money
from leadkit.contracts.events import SubmissionStatus
from leadkit.contracts.inquiry import Attribution, Call, Channel, Consent, Inquiry, Messenger, Person
from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(max_length=255)]


class SubmissionCreate(BaseModel):
    """One inquiry from another system, in the canonical form or near it: it is normalised like any other."""

    model_config = ConfigDict(extra="ignore")

    source_id: UUID
    id: UUID | None = Field(default=None, description="Yours, or a new one; sent again, it is the same submission")
    external_id: Text | None = Field(default=None, examples=["crm-4711"])
    occurred_at: Moment | None = None
    in_reply_to: str | None = Field(default=None, max_length=998)
    references: list[Annotated[str, Field(max_length=998)]] = Field(default_factory=list, max_length=50)
    person: Person = Field(default_factory=Person, examples=[{"full_name": "Анна Примерова"}])
    phones: list[Text] = Field(default_factory=list, max_length=20, examples=[["8 (999) 000-02-04"]])
    emails: list[Text] = Field(default_factory=list, max_length=20, examples=[["anna@example.ru"]])
    messengers: list[Messenger] = Field(default_factory=list, max_length=20)
    subject: str | None = Field(default=None, max_length=1000)
    message: str | None = Field(default=None, max_length=20000, examples=["Сколько стоит?"])
    product: Text | None = None
    region: Text | None = None
    language: str | None = Field(default=None, max_length=35)
    budget: Money | None = None
    attribution: Attribution = Field(default_factory=Attribution)
    call: Call | None = None
    consent: Consent | None = None
    extra: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_lost(cls, value: Any) -> Any:
        """Null is absent. The inquiry may stand in an object of its own; what has no place here goes to `extra`."""
        if not isinstance(value, dict):
            return value
        told = {name: inner for name, inner in value.items() if inner is not None}
        if isinstance(told.get("inquiry"), dict):
            told = {name: inner for name, inner in told.pop("inquiry").items() if inner is not None} | told
        unknown = told.keys() - cls.model_fields.keys() - Inquiry.model_fields.keys()
        if unknown and isinstance(told.get("extra", {}), dict):
            told["extra"] = {str(name): told[name] for name in told if name in unknown} | told.get("extra", {})
        return told


class Outcome(BaseModel):
    """What crm-core made of it: the first result stays, whatever is told later. A call that we made is `attached` to
    whoever was called, or `unmatched` while nobody is known by the number."""

    result: Literal["created", "attached", "reopened", "unmatched"] | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None


class SubmissionSummary(BaseModel):
    """A submission in a list."""

    id: UUID
    version: int = Field(examples=[2])
    source_id: UUID
    channel: Channel
    provider: str = Field(examples=["generic"])
    external_id: str | None
    received_at: Moment
    occurred_at: Moment
    status: SubmissionStatus
    reason: str | None
    duplicate_of: UUID | None
    upgraded_to: UUID | None = Field(description="Where the visitor of an interest left a contact later")
    outcome: Outcome | None
    inquiry: dict[str, Any] | None = Field(description="The canonical inquiry; null when it could not be read")
    normaliser_version: int


class AttemptOut(BaseModel):
    """One try to deliver it; a null status means that crm-core did not answer."""

    at: Moment
    revision: int
    status: int | None = Field(examples=[200])
    result: str | None = Field(examples=["created"])
    problem: dict[str, Any] | None


class RawOut(BaseModel):
    """A request as it came, secrets overwritten; a body that is no text is in `body_base64`."""

    id: UUID
    method: str = Field(examples=["POST"])
    path: str = Field(examples=["/events/summary"], description="What followed the key")
    query: str
    headers: dict[str, str]
    body: str | None
    body_base64: str | None
    received_at: Moment


class SubmissionOut(SubmissionSummary):
    """A submission with everything that is known of it."""

    report: list[dict[str, Any]] | None
    screening: dict[str, Any] | None
    problem: dict[str, Any] | None
    delivered_at: Moment | None
    attempts: list[AttemptOut]
    raw: list[RawOut]
    raw_removed: bool = Field(description="Raw requests are gone, so that it cannot be replayed")
