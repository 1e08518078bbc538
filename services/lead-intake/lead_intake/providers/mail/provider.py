"""Raw e-mail (RFC 5322): the client is found behind forwards and site robots, quotes and signatures are cut."""

from typing import Annotated, ClassVar, Self

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lead_intake.providers import credentials
from lead_intake.providers.base import Found, Provider, SourceView, WireRequest
from lead_intake.providers.mail.message import parse
from lead_intake.providers.mail.reading import found_in
from lead_intake.providers.settings import Secrets, SourceSettings

Plain = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class MailboxSettings(BaseModel):
    """A mailbox that the worker reads by IMAP. Its messages stay there, unread."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Plain
    port: int = Field(default=0, ge=0, le=65535, description="0: 993 with TLS, 143 without")
    user: Plain
    folder: Plain = "INBOX"
    tls: bool = Field(default=True, description="Encrypted from the beginning, the certificate checked")
    poll_seconds: int = Field(
        default=60, ge=5, le=300, description="How often to look for new messages; IDLE tells of them at once"
    )
    newest_days: int | None = Field(
        default=None, ge=0, le=3650, description="At the first reading only messages of so many days; unset: all"
    )

    @model_validator(mode="after")
    def _usual_port(self) -> Self:
        if self.port == 0:
            object.__setattr__(self, "port", 993 if self.tls else 143)
        return self


class EmailSettings(SourceSettings):
    """Beside raw messages by HTTP and SMTP: a mailbox."""

    mailbox: MailboxSettings | None = Field(default=None, description="A mailbox to be read by IMAP")


class EmailSecrets(Secrets):
    """The mailbox's password, and what posted messages must carry."""

    mailbox_password: str | None = Field(default=None, max_length=1024, description="Password of the mailbox's user")


class Email(Provider):
    """Messages as a mail server hands them over."""

    slug: ClassVar[str] = "email"
    title: ClassVar[str] = "E-mail (raw message)"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    hint: ClassVar[str] = "Post raw messages here, send mail to key@domain of the SMTP listener, or name a mailbox."
    settings_model: ClassVar[type[SourceSettings]] = EmailSettings
    secrets_model: ClassVar[type[BaseModel]] = EmailSecrets

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A source with a secret wants it in query or headers."""
        return credentials.carries_secret(request, source, ())

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message, whatever its Content-Type says."""
        return [found_in(parse(request.body), request, source)]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the source's secret."""
        return credentials.masked(request, [source.secrets.get("secret", "")])
