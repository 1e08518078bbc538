"""Raw e-mail (RFC 5322): the client is found behind forwards and site robots, quotes and signatures are cut."""

from typing import ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.providers import credentials
from lead_intake.providers.base import Found, Provider, SourceView, WireRequest
from lead_intake.providers.mail.message import parse
from lead_intake.providers.mail.reading import found_in


class Email(Provider):
    """Messages as a mail server hands them over."""

    slug: ClassVar[str] = "email"
    title: ClassVar[str] = "E-mail (raw message)"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A source with a secret wants it in query or headers."""
        return credentials.carries_secret(request, source, ())

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message, whatever its Content-Type says."""
        return [found_in(parse(request.body), request, source)]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the source's secret."""
        return credentials.masked(request, source.secrets.values())
