"""SendGrid Inbound Parse: a message taken apart, each part in the charset that `charsets` names, or whole."""

import base64
import binascii
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from typing import Any, ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.providers import credentials
from lead_intake.providers.base import Found, Provider, SourceView, Unreadable, WireAnswer, WireRequest
from lead_intake.providers.mail.message import MAX_HEADERS, Mail, parse
from lead_intake.providers.mail.posted import Posted, envelope, mail_of, posted
from lead_intake.providers.mail.reading import found_in
from lead_intake.providers.settings import Secrets

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


class SendGridSecrets(Secrets):
    """A word in the address, a signature, or both."""

    public_key: str | None = Field(
        default=None, max_length=4096, description="Verification key of the signed webhook, as SendGrid shows it"
    )


class SendGrid(Provider):
    """Messages that SendGrid's Inbound Parse posts."""

    slug: ClassVar[str] = "sendgrid"
    title: ClassVar[str] = "SendGrid Inbound Parse"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    hint: ClassVar[str] = "Settings, Inbound Parse: the address with ?key=secret; best with raw MIME posted."
    secrets_model: ClassVar[type[BaseModel]] = SendGridSecrets

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret stands in the address (query, or Basic); with a public key set the signature must be right too."""
        key = source.secrets.get("public_key")
        return credentials.carries_secret(request, source, ()) and (not key or _signed(request, key))

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message."""
        form = posted(request)
        if not {"email", "headers", "from"} & form.values.keys():
            raise Unreadable("no message in the form")
        mail = _mail(form)
        told = form.json("envelope")
        sent: dict[str, Any] = told if isinstance(told, dict) else {}
        recipients = sent.get("to")
        first = recipients[0] if isinstance(recipients, list) and recipients else None
        sender = sent.get("from")
        envelope(
            mail,
            sender=sender if isinstance(sender, str) else None,
            recipient=first if isinstance(first, str) else None,
        )
        found = found_in(mail, request, source)
        if form.values.get("spam_score"):
            found.draft.extra["spam_score"] = form.text("spam_score")[:20]
        return [found]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the secret; the public key is none."""
        return credentials.masked(request, [source.secrets.get("secret", "")])

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """200 says that it is done; a 4xx would drop the message, 5xx is tried again for days."""
        return WireAnswer(200)


def _signed(request: WireRequest, key: str) -> bool:
    """ECDSA over P-256 and SHA-256 of time and body."""
    try:
        public = load_der_public_key(base64.b64decode("".join(_bare(key).split())))
        signature = base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        told = request.headers.get(TIMESTAMP, "").encode("latin-1", "replace")
        public.verify(signature, told + request.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
        return False
    return True


def _bare(key: str) -> str:
    """The key without the lines that PEM puts around it."""
    return "".join(line for line in key.splitlines() if not line.startswith("-----"))


def _mail(form: Posted) -> Mail:
    if form.values.get("email", b"").strip():
        return parse(form.values["email"])
    told = form.json("charsets")
    charsets_of: dict[str, Any] = told if isinstance(told, dict) else {}

    def text(name: str) -> str:
        charset = charsets_of.get(name)
        return form.text(name, charset if isinstance(charset, str) else None)

    named = _headers(form.values.get("headers", b""))
    present = {name.lower() for name, _ in named}
    named += [(name, text(name)) for name in ("from", "to", "cc", "subject") if name not in present and text(name)]
    mail = mail_of(named, text=text("text"), html=text("html"))
    for file in form.files:
        mail.enclose(file.name, file.kind, file.content)
    return mail.settle()


def _headers(block: bytes) -> list[tuple[str, str]]:
    message = BytesHeaderParser().parsebytes(block[:MAX_HEADERS].lstrip())
    return [(name, str(value)) for name, value in message.raw_items()]
