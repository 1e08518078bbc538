"""What the lead calls take and answer."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment, Money, Shape
from leadkit.contracts.events import LeadStatus, Temperature
from leadkit.contracts.inquiry import Attribution, Channel, Messenger, Person
from pydantic import ConfigDict, Field, model_validator

from crm_core.leads import rules
from crm_core.leads.tables import Lead

Text = Annotated[str, Field(max_length=1000)]
LongText = Annotated[str, Field(max_length=20000)]
Note = Annotated[str, Field(max_length=10000, examples=["Asks for an offer by Friday"])]
Word = Annotated[str, Field(min_length=1, max_length=255)]
Phones = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20, examples=[["+74951234567"]])]
Emails = Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=20, examples=[["ivan@example.com"]])]
Messengers = Annotated[list[Messenger], Field(max_length=20)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100, examples=[["vip"]])]
Free = Annotated[dict[str, Any], Field(examples=[{}])]
At = Annotated[Moment, Field(description="When it happened, if not now; needs the scope history:write")]
Budget = Annotated[Money, Field(examples=[{"amount": "150000.00", "currency": "RUB"}])]

OWN = (
    "id", "version", "status", "person", "phones", "emails", "messengers", "subject", "message", "product", "region",
    "language", "source_id", "channel", "provider", "attribution", "temperature", "score", "score_points",
    "completeness", "qualification", "owner_id", "team_id", "contact_id", "deal_id", "loss_reason_id", "loss_note",
    "merged_into", "postponed_until", "next_step_at", "respond_by", "first_response_at", "inquiry_count", "repeat",
    "custom", "tags", "reached", "passages", "occurred_at", "last_activity_at", "created_at", "updated_at",
)  # fmt: skip


class Asked(Shape):
    """Base of request bodies: a key that is null counts as absent."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class ScorePoint(Shape):
    """What one fact adds to the score."""

    points: int = Field(examples=[10])
    reason: str = Field(examples=["can be called"])


class LeadOut(Shape):
    """A lead. `reached` has the first time of each status; `allowed` the transitions that its status permits."""

    id: UUID
    version: int = Field(examples=[2])
    status: LeadStatus
    allowed: list[str] = Field(examples=[["start", "qualify", "assign", "postpone", "disqualify"]])
    person: Person
    phones: list[str]
    emails: list[str]
    messengers: list[Messenger]
    company: str | None = Field(examples=["ООО Ромашка"])
    subject: str | None
    message: str | None
    product: str | None
    region: str | None
    language: str | None
    source_id: UUID | None
    channel: Channel | None
    provider: str | None
    attribution: Attribution
    temperature: Temperature
    score: int = Field(examples=[45])
    score_points: list[ScorePoint]
    completeness: float = Field(examples=[0.75])
    budget: Money | None
    qualification: dict[str, Any]
    owner_id: UUID | None
    team_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    loss_reason_id: UUID | None
    loss_note: str | None
    merged_into: UUID | None
    postponed_until: Moment | None
    next_step_at: Moment | None = Field(description="When the first open activity on it is due")
    respond_by: Moment | None
    first_response_at: Moment | None
    inquiry_count: int = Field(examples=[1])
    repeat: bool = Field(description="The person was known before this lead")
    custom: dict[str, Any]
    tags: list[str]
    reached: dict[LeadStatus, Moment]
    passages: dict[LeadStatus, int]
    occurred_at: Moment
    last_activity_at: Moment
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, lead: Lead) -> "LeadOut":
        """The lead as clients see it."""
        kept = vars(lead)  # past the ORM, which a page would ask some two thousand times
        values: dict[str, Any] = {name: kept[name] for name in OWN}
        values["allowed"] = rules.allowed(lead.status)
        values["company"] = lead.person.get("company")
        values["budget"] = (
            None if lead.budget_amount is None else {"amount": lead.budget_amount, "currency": lead.budget_currency}
        )
        return cls.model_validate(values)


class LeadCreate(Asked):
    """A lead added by hand. Without `owner_id` a manager owns it, for anybody else the rules of assignment decide."""

    person: Person = Person()
    company: Annotated[str, Field(max_length=300)] | None = None
    phones: Phones = Field(default_factory=list)
    emails: Emails = Field(default_factory=list)
    messengers: Messengers = Field(default_factory=list)
    subject: Text | None = None
    message: LongText | None = None
    product: Word | None = None
    region: Word | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    source_id: UUID | None = None
    channel: Channel | None = None
    attribution: Attribution = Attribution()
    budget: Budget | None = None
    custom: Free = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)
    owner_id: UUID | None = None
    team_id: UUID | None = None
    at: At | None = None


class Known(Shape):
    """What is known of the need behind a lead, and answers to the workspace's own questions; null takes back."""

    authority: Text | bool | None = Field(default=None, examples=["decides herself"])
    need: Text | bool | None = Field(default=None, examples=["chairs for a new office"])
    timeframe: Text | bool | None = Field(default=None, examples=["this quarter"])
    answers: Free | None = None


class LeadPatch(Shape):
    """What of a lead is to change; `person`, `custom` and `qualification` are merged, an emptied `temperature` follows
    the score again. Status and owner are changed by their own calls."""

    person: Person | None = None
    company: Annotated[str, Field(max_length=300)] | None = None
    phones: Phones | None = None
    emails: Emails | None = None
    messengers: Messengers | None = None
    subject: Text | None = None
    message: LongText | None = None
    product: Word | None = None
    region: Word | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    budget: Budget | None = None
    qualification: Known | None = None
    temperature: Temperature | None = None
    custom: Free | None = None
    tags: Tags | None = None


class LeadChange(LeadPatch):
    """One lead of many to change: the fields of a merge patch with its `id`, and the `version` it must still have."""

    id: UUID
    version: Annotated[int, Field(ge=1)] | None = None

    def patch(self) -> LeadPatch:
        """The merge patch itself, with the fields that were sent."""
        sent = self.model_fields_set - {"id", "version"}
        return LeadPatch.model_construct(_fields_set=sent, **{name: getattr(self, name) for name in sent})


class LeadStep(Asked):
    """One lead of many that take a step; the rest of the item is the step's body."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: UUID


class Stepping(Asked):
    """Base of the bodies of steps: a note for the lead's history, and when it happened."""

    note: Note | None = None
    at: At | None = None


class LeadStart(Stepping):
    """The first contact was made; a new lead becomes the caller's."""


class LeadQualify(Stepping):
    """What is known by now: budget, authority, need, timeframe, and answers to the workspace's own questions."""

    budget: Budget | None = None
    authority: Text | bool | None = Field(default=None, examples=["decides herself"])
    need: Text | bool | None = Field(default=None, examples=["chairs for a new office"])
    timeframe: Text | bool | None = Field(default=None, examples=["this quarter"])
    answers: Free = Field(default_factory=dict)


class LeadAssign(Stepping):
    """The new owner; nobody named: the rules decide, within `team_id` if one is named."""

    owner_id: UUID | None = None
    team_id: UUID | None = None


class LeadPostpone(Stepping):
    """Until when; then it comes back by itself, with a task for its owner."""

    until: Moment


class LeadDisqualify(Stepping):
    """Why it is refused: a reason of the catalogue by id or key, or in words (kept as the note of `other`)."""

    loss_reason_id: UUID | None = None
    reason: str | None = Field(default=None, min_length=1, max_length=300, examples=["no_budget"])


class LeadReopen(Stepping):
    """Brings a disqualified or postponed lead back to where it was."""


class ConvertDeal(Asked):
    """The deal to begin; what is not given is the lead's, as the conversion mapping says."""

    name: Annotated[str, Field(min_length=1, max_length=300, examples=["Office chairs"])] | None = None
    pipeline_id: UUID | None = None
    stage_id: UUID | None = None
    amount: Budget | None = None
    owner_id: UUID | None = None
    expected_close: date | None = None
    custom: Free = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)


class ConvertCompany(Asked):
    """The company, found by its tax number or name, or by the domain of the website or of the lead's e-mails, else
    made."""

    name: Annotated[str, Field(min_length=1, max_length=300, examples=["ООО Ромашка"])]
    tax_number: Annotated[str, Field(min_length=4, max_length=40, examples=["7707083893"])] | None = None
    website: Annotated[str, Field(max_length=1000, examples=["https://example.com"])] | None = None


class LeadConvert(Asked):
    """What the lead becomes: a contact (found by its addresses unless named), a company if one is known, and a deal.
    `owner_id` owns contact and deal; without it the lead's owner does."""

    contact_id: UUID | None = None
    company: ConvertCompany | None = None
    deal: ConvertDeal = ConvertDeal()
    owner_id: UUID | None = None
    note: Note | None = None
    at: At | None = None
