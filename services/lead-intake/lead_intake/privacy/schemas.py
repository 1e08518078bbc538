"""Persons as `/v1/persons` names them, and what was received of them."""

from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from lead_intake.submissions.schemas import SubmissionOut

Addresses = Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=100)]


class PersonNamed(Shape):
    """Whom it is about: by phones in E.164, e-mails and messengers (`network:id`), and by submissions known already."""

    phones: Addresses = Field(default_factory=list, examples=[["+74951234567"]])
    emails: Addresses = Field(default_factory=list, examples=[["ivan@example.com"]])
    messengers: Addresses = Field(default_factory=list, examples=[["telegram:12345"]])
    submission_ids: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)


class PersonReceived(Shape):
    """Everything that lead-intake has of a person: each submission with its raw requests and attempts."""

    exported_at: Moment
    submissions: list[SubmissionOut]


class PersonErasedOut(Shape):
    """How many submissions were emptied."""

    erased: int = Field(examples=[3])
