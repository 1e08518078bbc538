"""What the company calls take and answer."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

Name = Annotated[str, Field(min_length=1, max_length=300, examples=["Romashka LLC"])]
TaxNumber = Annotated[str, Field(min_length=4, max_length=40, examples=["7707083893"])]
Line = Annotated[str, Field(max_length=1000)]
Phones = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20, examples=[["+74951234567"]])]
Emails = Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=20, examples=[["info@example.com"]])]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100, examples=[["vip"]])]
Free = Annotated[dict[str, Any], Field(examples=[{}])]


class CompanyOut(Shape):
    """An organisation."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Romashka LLC"])
    tax_number: str | None = Field(examples=["7707083893"])
    website: str | None = Field(examples=["https://example.com"])
    address: str | None = Field(examples=[None])
    phones: list[str] = Field(examples=[["+74951234567"]])
    emails: list[str] = Field(examples=[["info@example.com"]])
    owner_id: UUID | None
    team_id: UUID | None
    legal: dict[str, Any]
    custom: dict[str, Any]
    tags: list[str]
    created_at: Moment
    updated_at: Moment


class CompanyCreate(Shape):
    """A company to add; without an owner it is the caller's."""

    name: Name
    tax_number: TaxNumber | None = None
    website: Line | None = None
    address: Line | None = None
    phones: Phones = Field(default_factory=list)
    emails: Emails = Field(default_factory=list)
    owner_id: UUID | None = None
    legal: Free = Field(default_factory=dict)
    custom: Free = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)


class CompanyPatch(Shape):
    """What of a company is to change; lists are replaced, `legal` and `custom` merged."""

    name: Name | None = None
    tax_number: TaxNumber | None = None
    website: Line | None = None
    address: Line | None = None
    phones: Phones | None = None
    emails: Emails | None = None
    owner_id: UUID | None = None
    legal: Free | None = None
    custom: Free | None = None
    tags: Tags | None = None
