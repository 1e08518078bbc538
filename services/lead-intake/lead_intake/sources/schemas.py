"""Sources as clients send and see them."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment
from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, ConfigDict, Field

from lead_intake.providers.settings import SourceDefaults, SpamSettings

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["Landing page"])]
Provider = Annotated[str, Field(max_length=50, examples=["generic"], description="One of GET /v1/providers")]
Settings = Annotated[
    dict[str, Any], Field(examples=[{"default_region": "RU"}], description="By the provider's JSON Schema")
]
Secrets = Annotated[
    dict[str, Any], Field(examples=[{}], description="By the provider's JSON Schema; never shown again")
]
Origins = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=255)]],
    Field(max_length=100, examples=[["https://www.example.ru"]], description="Pages that may post; none named: all"),
]
Redirect = Annotated[
    str,
    Field(
        max_length=2048,
        pattern=r"^https?://[!-~]+$",
        examples=["https://www.example.ru/thanks"],
        description="Where the browser goes after a plain HTML form was sent",
    ),
]


class SourceCreate(BaseModel):
    """A new entry point. Without secrets a provider that signs is refused until it gets them."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    channel: Channel = Field(examples=["form"])
    provider: Provider
    settings: Settings | None = None
    secrets: Secrets | None = None
    defaults: SourceDefaults | None = None
    allowed_origins: Origins | None = None
    redirect_url: Redirect | None = None
    spam: SpamSettings | None = None
    enabled: bool | None = True


class SourcePatch(BaseModel):
    """What changes (JSON Merge Patch): a null setting or secret is removed. Channel and provider stay."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    settings: Settings | None = None
    secrets: Secrets | None = None
    defaults: dict[str, Any] | None = None
    allowed_origins: Origins | None = None
    redirect_url: Redirect | None = None
    spam: dict[str, Any] | None = None
    enabled: bool | None = None


class MailboxState(BaseModel):
    """How the reading of a source's mailbox goes. After a failure it rests until `retry_at`."""

    read_at: Moment | None = Field(description="When everything was last read")
    messages: int = Field(examples=[12])
    failures: int = Field(examples=[0], description="In a row")
    last_error: str | None = Field(examples=["login_refused"])
    retry_at: Moment | None


class SourceOut(BaseModel):
    """A source. Of its secrets only the names are shown."""

    id: UUID
    version: int = Field(examples=[1])
    name: Name
    channel: Channel
    provider: Provider
    key: str = Field(examples=["m5k2c7q3x4r8t6v9w2y5z7ab"])
    inbound_url: str = Field(examples=["http://127.0.0.1:8001/in/m5k2c7q3x4r8t6v9w2y5z7ab"])
    settings: dict[str, Any]
    secrets_set: list[str] = Field(examples=[["secret"]])
    defaults: SourceDefaults
    allowed_origins: list[str]
    redirect_url: str | None
    spam: SpamSettings
    enabled: bool
    mailbox: MailboxState | None = Field(description="Of a source that reads a mailbox, once it was tried")
    created_at: Moment
    updated_at: Moment


class ProviderOut(BaseModel):
    """A wire format that a source can have, and the JSON Schema of what it is set to."""

    slug: str = Field(examples=["generic"])
    title: str = Field(examples=["Any form or JSON"])
    channels: list[Channel]
    hint: str = Field(examples=["Paste the source's address where the provider asks for a webhook address."])
    settings_schema: dict[str, Any]
    secrets_schema: dict[str, Any]


class ProviderList(BaseModel):
    """All wire formats."""

    items: list[ProviderOut]
