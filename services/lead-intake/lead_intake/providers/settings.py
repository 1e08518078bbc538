"""What a source can be set to: the part every provider understands, which a provider may extend."""

from typing import Annotated

from leadkit.contracts.inquiry import Touch
from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=255)]


class SourceSettings(BaseModel):
    """Settings valid for every provider. Region and time zone fall back to the workspace's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default_region: str | None = Field(
        default=None, pattern=r"^[A-Z]{2}$", description="Country (ISO 3166-1) of phones without a country code"
    )
    time_zone: str | None = Field(default=None, max_length=64, description="IANA zone of times without an offset")
    own_domains: list[Name] = Field(default_factory=list, description="The company's mail and site domains")
    own_numbers: list[Name] = Field(default_factory=list, description="The company's lines: never a client's phone")
    field_map: dict[Name, Name] = Field(
        default_factory=dict, description="Field of the form -> our name (phone, name, message, ..., ignore)"
    )
    public_url: str | list[str] | None = Field(
        default=None, description="The complete registered address, query included, that signatures are made over"
    )
    signature_tolerance_s: int | None = Field(
        default=300, ge=0, description="Age at which a signed time is too old; null switches the check off"
    )
    requests_per_minute: int = Field(default=6000, ge=1, description="Limit for the whole source")
    requests_per_minute_per_address: int | None = Field(
        default=None, ge=1, description="Limit per client address; unset: 120 where browsers post, else none"
    )


class SpamSettings(BaseModel):
    """How suspicious a submission may be before it is put aside as spam."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    threshold: int = Field(default=100, ge=1, description="Score from which a submission is spam")
    honeypot_fields: list[Name] = Field(
        default_factory=lambda: ["website"], description="Fields that a person does not see and leaves empty"
    )
    minimum_fill_seconds: float | None = Field(default=None, ge=0, description="Filled faster: points")
    blocked_words: list[Name] = Field(default_factory=list)
    blocked_emails: list[Name] = Field(default_factory=list, description="Addresses or whole domains")
    blocked_phones: list[Name] = Field(default_factory=list, description="E.164")


class SourceDefaults(BaseModel):
    """What an inquiry of the source gets where it says nothing itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribution: Touch | None = None
    product: str | None = Field(default=None, max_length=255)
    region: str | None = Field(default=None, max_length=255)
    language: str | None = Field(default=None, max_length=35)


class Secrets(BaseModel):
    """Secrets of a provider without a signature of its own: one word that the request must carry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: str | None = Field(
        default=None,
        max_length=1024,
        description="Expected in the query (key, secret, token), Authorization, X-Webhook-Key, X-Api-Key or the body",
    )
