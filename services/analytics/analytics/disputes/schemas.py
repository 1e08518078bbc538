"""What `/v1/disputes` takes and answers."""

from typing import Annotated, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import AfterValidator, Field, StringConstraints

from analytics.disputes.rules import holds_email, names_somebody
from analytics.rate_cards.schemas import Pays
from analytics.spend.schemas import storable

DisputeStatus = Literal["open", "accepted", "refused"]
Reason = Literal["repeated", "unreachable", "region", "spam", "other"]


def _nobody_named(text: str) -> str:
    if names_somebody(text):
        raise ValueError("says where the evidence lies; phones and e-mail addresses stay in crm-core")
    return storable(text)


def _only_a_link(link: str) -> str:
    if holds_email(link):
        raise ValueError("holds an e-mail address, which stays in crm-core")
    return storable(link)


Told = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_nobody_named)
]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000), AfterValidator(_only_a_link)]


class DisputeCreate(Shape):
    """A lead to give back; `pays` says which of its charges where it has several."""

    lead_id: UUID
    pays: Pays | None = None
    reason: Reason = Field(examples=["unreachable"])
    evidence: Told | None = Field(
        None, examples=["Three calls on 12 November, recordings at the links"], description="Where it lies; no names"
    )
    links: list[Link] = Field(default_factory=list, max_length=20, examples=[["https://pbx.example.com/records/81"]])


class DisputeDecision(Shape):
    """Why it was decided so."""

    note: Told | None = Field(None, examples=["The supplier agreed by letter of 20 November"])


class DisputeOut(Shape):
    """A dispute and how it stands."""

    id: UUID
    card_id: UUID
    lead_id: UUID
    supplier: str
    reason: Reason
    evidence: str | None
    links: list[str]
    status: DisputeStatus = Field(examples=["open"])
    note: str | None
    opened_by: str
    opened_at: Moment
    decided_by: str | None
    decided_at: Moment | None
