"""What the contact calls take and answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from leadkit.contracts.inquiry import Messenger, Person
from pydantic import Field

from crm_core.contacts.points import messenger_from, values_of
from crm_core.contacts.queries import Links
from crm_core.contacts.rules import completeness_of, missing
from crm_core.contacts.tables import Contact

Kind = Literal["client", "partner", "supplier"]
Position = Annotated[str, Field(max_length=200, examples=["Head of purchasing"])]
Phones = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20, examples=[["+74951234567"]])]
Emails = Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=20, examples=[["ivan@example.com"]])]
Messengers = Annotated[list[Messenger], Field(max_length=20, examples=[[{"network": "telegram", "id": "12345"}]])]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100, examples=[["vip"]])]
Free = Annotated[dict[str, Any], Field(examples=[{}])]
Preferred = Annotated[str, Field(max_length=300, description="The phone, e-mail or network:id to use first")]


class Address(Shape):
    """A postal address in lines as people write it, and its country as ISO 3166-1 alpha-2."""

    label: str | None = Field(default=None, max_length=100, examples=["office"])
    lines: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=10)
    city: str | None = Field(default=None, max_length=200)
    postcode: str | None = Field(default=None, max_length=30)
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", examples=["RU"])


Addresses = Annotated[list[Address], Field(max_length=20)]


OWN = (
    "id", "version", "kind", "person", "company_id", "position", "owner_id", "team_id", "addresses", "legal", "custom",
    "tags", "created_at", "updated_at",
)  # fmt: skip


class SegmentOfContact(Shape):
    """A segment that a contact belongs to."""

    id: UUID
    name: str = Field(examples=["Regular clients"])


class ContactOut(Shape):
    """A person with whom a relation is established; `segments` are asked on a card, and null in lists."""

    id: UUID
    version: int = Field(examples=[1])
    kind: Kind
    person: Person
    phones: list[str] = Field(examples=[["+74951234567"]])
    emails: list[str] = Field(examples=[["ivan@example.com"]])
    messengers: list[Messenger]
    preferred: str | None = Field(examples=["+74951234567"])
    company_id: UUID | None
    position: str | None = Field(examples=["Head of purchasing"])
    owner_id: UUID | None
    team_id: UUID | None
    lead_ids: list[UUID]
    deal_ids: list[UUID]
    addresses: list[Address]
    legal: dict[str, Any]
    custom: dict[str, Any]
    tags: list[str]
    segments: list[SegmentOfContact] | None
    completeness: float = Field(examples=[0.75], description="The share of the card's expected fields that is filled")
    missing: list[str] = Field(examples=[["legal.tax_number"]], description="Expected fields that are not filled")
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, contact: Contact, links: Links, segments: Sequence[SegmentOfContact] | None = None) -> "ContactOut":
        """The contact as clients see it."""
        points = links.points
        kept = vars(contact)  # past the ORM, which a page asks some thousand times
        own = {field: kept[field] for field in OWN}
        absent = missing(kept["person"], points, kept["company_id"], kept["legal"])
        return cls(
            **own,
            completeness=completeness_of(absent),
            missing=absent,
            phones=values_of(points, "phone"),
            emails=values_of(points, "email"),
            messengers=[messenger_from(value) for value in values_of(points, "messenger")],
            preferred=next((point.value for point in links.points if point.preferred), None),
            lead_ids=list(links.lead_ids),
            deal_ids=list(links.deal_ids),
            segments=None if segments is None else list(segments),
        )


class ContactCreate(Shape):
    """A contact to add; phones are read as dialled in the workspace's region, without an owner it is the caller's."""

    kind: Kind = "client"
    person: Person = Person()
    phones: Phones = Field(default_factory=list)
    emails: Emails = Field(default_factory=list)
    messengers: Messengers = Field(default_factory=list)
    preferred: Preferred | None = None
    company_id: UUID | None = None
    position: Position | None = None
    owner_id: UUID | None = None
    addresses: Addresses = Field(default_factory=list)
    legal: Free = Field(default_factory=dict)
    custom: Free = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)


class ContactPatch(Shape):
    """What of a contact is to change; lists are replaced, `person`, `legal` and `custom` merged."""

    kind: Kind | None = None
    person: Person | None = None
    phones: Phones | None = None
    emails: Emails | None = None
    messengers: Messengers | None = None
    preferred: Preferred | None = None
    company_id: UUID | None = None
    position: Position | None = None
    owner_id: UUID | None = None
    addresses: Addresses | None = None
    legal: Free | None = None
    custom: Free | None = None
    tags: Tags | None = None
