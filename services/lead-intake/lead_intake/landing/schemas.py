"""What the script asks a source for."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class FieldOut(BaseModel):
    """A field to be drawn."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["phone"])
    label: str = Field(examples=["Phone"])
    required: bool
    options: list[str]


class ConsentOut(BaseModel):
    """What is to be agreed to."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    version: str
    required: bool
    policy_url: str | None
    policy: str = Field(description="The words of the link")


class FormOut(BaseModel):
    """A source's form, every text in the language asked for."""

    model_config = ConfigDict(from_attributes=True)

    language: Literal["ru", "en"]
    title: str
    intro: str | None
    button: str = Field(examples=["Send"])
    thanks: str
    fields: list[FieldOut]
    consent: ConsentOut | None
    honeypot: str | None = Field(examples=["website"], description="A field that nobody sees and fills")
    proof_of_work: int | None = Field(description="When set, a submission carries the solution of a challenge")
    redirect_url: str | None
    optional: str = Field(examples=["optional"], description="Stands beside a field that may stay empty")


class ChallengeOut(BaseModel):
    """A challenge in ALTCHA's own form."""

    parameters: dict[str, Any] = Field(examples=[{"algorithm": "SHA-256", "cost": 1, "keyPrefix": "000"}])
    signature: str
