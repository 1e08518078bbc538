"""Mailgun routes: a message taken apart, or whole in `body-mime`; signed over time and token."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import credentials
from lead_intake.providers.base import Draft, Found, Provider, SourceView, Unreadable, WireAnswer, WireRequest
from lead_intake.providers.mail.message import Mail, parse
from lead_intake.providers.mail.posted import Posted, envelope, mail_of, object_of, pairs_in, posted
from lead_intake.providers.mail.reading import found_in

_OWN_FIELDS = (
    "From", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Reply-To", "Sender",
    "Content-Type", "Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe", "X-Autoreply", "X-Failed-Recipients",
)  # fmt: skip
_FUTURE_S = 300


class Mailgun(Provider):
    """Messages that a Mailgun route forwards. The secret is the webhook signing key."""

    slug: ClassVar[str] = "mailgun"
    title: ClassVar[str] = "Mailgun"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    hint: ClassVar[str] = "Receiving, Routes: forward() to the address; with /mime at its end for raw messages."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """HMAC-SHA256 of timestamp and token, made with our key, and not too old. A message that comes again under
        the same token is known by its Message-ID."""
        key = source.secrets.get("secret")
        if not key:
            return False
        try:
            timestamp, token, signature = _signature(request)
        except Unreadable:
            return False
        expected = hmac.new(key.encode(), f"{timestamp}{token}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return credentials.same(signature.lower(), expected) and _fresh(timestamp, request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message. A webhook about a message of ours (delivered, failed, ...) is ignored."""
        if _is_json(request):
            event = object_of(request.body).get("event-data")
            if not isinstance(event, dict):
                raise Unreadable("neither a message nor an event")
            return [Found(None, "ignored", Draft(), "mail_event")]
        form = posted(request)
        if not {"body-mime", "from", "From", "sender", "message-headers"} & form.values.keys():
            raise Unreadable("no message in the form")
        mail = _mail(form)
        envelope(mail, sender=form.text("sender"), recipient=form.text("recipient"))
        if mail.raw("x-mailgun-sflag").strip().lower() == "yes":
            mail.fields.setdefault("x-spam-flag", ["YES"])
        found = found_in(mail, request, source, receipt=_moment(form.text("timestamp")))
        if mail.raw("x-mailgun-sscore"):
            found.draft.extra["spam_score"] = mail.raw("x-mailgun-sscore")
        return [found]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the signing key, which does not travel."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """200 says that it is done; anything else but 406 is tried again for hours."""
        return WireAnswer(200)


def _is_json(request: WireRequest) -> bool:
    return request.headers.get("content-type", "").lower().startswith("application/json")


def _signature(request: WireRequest) -> tuple[str, str, str]:
    """Time, token and signature: fields of the form, or an object of its own in JSON."""
    if _is_json(request):
        node: Any = object_of(request.body).get("signature")
        told: dict[str, Any] = node if isinstance(node, dict) else {}
        return str(told.get("timestamp", "")), str(told.get("token", "")), str(told.get("signature", ""))
    form = posted(request)
    return form.text("timestamp"), form.text("token"), form.text("signature")


def _moment(timestamp: str) -> datetime | None:
    return times.parse(timestamp, UTC) if timestamp.isascii() and timestamp.isdigit() else None


def _fresh(timestamp: str, request: WireRequest, source: SourceView) -> bool:
    tolerance = source.settings.signature_tolerance_s
    signed = _moment(timestamp)
    if tolerance is None:
        return True
    if signed is None:
        return False
    age = (request.received_at - signed).total_seconds()
    return -max(_FUTURE_S, tolerance) <= age <= tolerance


def _mail(form: Posted) -> Mail:
    """The whole message where it came, else one of its parts; these are in UTF-8 whatever its Content-Type says."""
    if form.values.get("body-mime", b"").strip():
        return parse(form.values["body-mime"])
    named = pairs_in(form.json("message-headers"))
    present = {name.lower() for name, _ in named}
    for name in _OWN_FIELDS:
        value = form.text(name) or form.text(name.lower())
        if value and name.lower() not in present:
            named.append((name, value))
    mail = mail_of(named, text=form.text("body-plain"), html=form.text("body-html"))
    for file in form.files:
        mail.enclose(file.name, file.kind, file.content)
    for stored in _listed(form.json("attachments")):
        mail.attachments.append(stored)
    return mail.settle()


def _listed(node: object) -> list[dict[str, Any]]:
    """Attachments that Mailgun keeps: only named here."""
    found = node if isinstance(node, list) else []
    return [
        {"name": str(one.get("name", ""))[:255], "type": str(one.get("content-type", "")), "size": one.get("size")}
        for one in found
        if isinstance(one, dict)
    ]
