"""Raw messages as tests write them, and what is read from them."""

from datetime import UTC, datetime
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.providers.settings import SourceSettings
from leadkit.contracts.inquiry import Inquiry

AT = datetime(2026, 3, 10, 9, 1, tzinfo=UTC)
EMAIL = provider_named("email")
SOURCE = SourceView(
    UUID(int=1), UUID(int=2), "email", "email", SourceSettings(own_domains=["example.ru"], time_zone="Europe/Moscow")
)
HEAD = {
    "From": "Anna <anna@example.org>",
    "To": "leads@example.ru",
    "Date": "Tue, 10 Mar 2026 12:00:00 +0300",
    "Subject": "Windows",
    "Message-ID": "<m-1@example.org>",
}


def mail(body: str | bytes, kind: str = "text/plain; charset=utf-8", **changes: str | None) -> bytes:
    told = {**HEAD, "Content-Type": kind, **{name.replace("_", "-"): value for name, value in changes.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value is not None)
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + (body if isinstance(body, bytes) else body.encode())


def done(raw: bytes, source: SourceView = SOURCE) -> Normalised:
    request = WireRequest("POST", "", "", {"content-type": "message/rfc822"}, raw, AT)
    [found] = EMAIL.read(request, source)
    return normalise(found, source, submission_id=UUID(int=3), revision=1, received_at=AT)


def inquiry(raw: bytes) -> Inquiry:
    one = done(raw)
    assert one.status in ("ready", "interest"), one.reason
    return one.inquiry
