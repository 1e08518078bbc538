"""Amazon SES through SNS: a message in a notice in an envelope, signed with Amazon's certificate.

Whoever has an account can publish with Amazon's signature, so the topic is checked too where it is set.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.normalising import times
from lead_intake.providers import credentials
from lead_intake.providers.base import Draft, Found, Provider, SourceView, Unreadable, WireAnswer, WireRequest
from lead_intake.providers.mail.message import parse
from lead_intake.providers.mail.posted import envelope, object_of
from lead_intake.providers.mail.reading import found_in
from lead_intake.providers.settings import Secrets, SourceSettings

Json = dict[str, Any]

CERTIFICATE = "certificate of the sender"
"""The name under which a certificate that was fetched stands among the secrets of the source a request is held against.
No operator can set it: it has spaces."""

TO_CONFIRM = "subscription_to_confirm"
HOST = re.compile(r"^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$")
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_HANDSHAKE_ONLY = frozenset({"SubscribeURL", "Token"})
_TOLD_TWICE = {
    "x-amz-sns-message-type": "Type", "x-amz-sns-message-id": "MessageId", "x-amz-sns-topic-arn": "TopicArn",
}  # fmt: skip


class SesSettings(SourceSettings):
    """Which topic is ours."""

    topic_arn: str | list[str] | None = Field(
        default=None, description="The topics whose notices are taken; unset: any that knows the address of this source"
    )


class SesSecrets(Secrets):
    """Nothing is needed: Amazon's certificate is fetched. A key of one's own takes its place in tests."""

    test_public_key_pem: str | None = Field(
        default=None, max_length=8192, description="Public key that signs in place of Amazon's, for tests"
    )


class SesSns(Provider):
    """Messages that Amazon SES receives and publishes to an SNS topic."""

    slug: ClassVar[str] = "ses_sns"
    title: ClassVar[str] = "Amazon SES (SNS)"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    hint: ClassVar[str] = "SNS topic of the receipt rule, subscription by HTTPS: the address; encoding Base64."
    settings_model: ClassVar[type[SourceSettings]] = SesSettings
    secrets_model: ClassVar[type[BaseModel]] = SesSecrets

    def certificate_url(self, request: WireRequest, source: SourceView) -> str | None:
        """Amazon's certificate, unless the source has a key of its own."""
        if source.secrets.get("test_public_key_pem"):
            return None
        try:
            url = _text(object_of(request.body), "SigningCertURL")
        except Unreadable:
            return None
        return url if is_amazon(url) and urlsplit(url).path.endswith(".pem") else None

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """Signed by the certificate, headers and body agree, the topic is ours, and a secret that is set is given."""
        try:
            node = object_of(request.body)
        except Unreadable:
            return False
        pem = source.secrets.get("test_public_key_pem") or source.secrets.get(CERTIFICATE)
        if not pem or not _headers_agree(request, node) or not _topic_is_ours(node, source):
            return False
        return _signed(node, pem) and credentials.carries_secret(request, source, ())

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message, or a notice of another kind, which is ignored."""
        node = object_of(request.body)
        kind = _text(node, "Type")
        if kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
            reason = TO_CONFIRM if kind == "SubscriptionConfirmation" else "unsubscribed"
            draft = Draft(extra={"topic": _text(node, "TopicArn")})
            return [Found(_text(node, "MessageId") or None, "ignored", draft, reason)]
        if kind != "Notification":
            raise Unreadable("no envelope of SNS")
        return [_noticed(node, request, source)]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the secret."""
        return credentials.masked(request, [source.secrets.get("secret", "")])

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """200 within 15 seconds."""
        return WireAnswer(200)


def is_amazon(url: str) -> bool:
    """Whether the address is one of SNS itself, over TLS: nothing else is asked for what a request names."""
    try:
        told = urlsplit(url)
        plain = told.username is None and told.port in (None, 443)
    except ValueError:
        return False
    return told.scheme == "https" and plain and bool(HOST.match(told.hostname or ""))


def subscribe_url(request: WireRequest) -> str | None:
    """Where the subscription is confirmed; None for an address that is not Amazon's."""
    try:
        url = _text(object_of(request.body), "SubscribeURL")
    except Unreadable:
        return None
    return url if is_amazon(url) else None


def _headers_agree(request: WireRequest, node: Json) -> bool:
    told = {name: _text(node, field) for name, field in _TOLD_TWICE.items()}
    return all(request.headers.get(name, value) == value for name, value in told.items())


def _topic_is_ours(node: Json, source: SourceView) -> bool:
    settings = source.settings
    ours = settings.topic_arn if isinstance(settings, SesSettings) else None
    return not ours or _text(node, "TopicArn") in ([ours] if isinstance(ours, str) else ours)


def _signed(node: Json, pem: str) -> bool:
    """RSA over `Key\\nValue\\n` of each key that is present, with SHA-1 in version 1 and SHA-256 in version 2."""
    handshake = _text(node, "Type") != "Notification"
    keys = [key for key in _SIGNED if isinstance(node.get(key), str) and (handshake or key not in _HANDSHAKE_ONLY)]
    told = "".join(f"{key}\n{node[key]}\n" for key in keys).encode("utf-8", "surrogatepass")
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(str(node.get("SignatureVersion")))  # noqa: S303
    try:
        public = _public_key(pem)
        signature = base64.b64decode(_text(node, "Signature"), validate=True)
        if algorithm is None or not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(signature, told, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
        return False
    return True


def _public_key(pem: str) -> object:
    if "BEGIN CERTIFICATE" in pem:
        return load_pem_x509_certificate(pem.encode()).public_key()
    return load_pem_public_key(pem.encode())


def _noticed(node: Json, request: WireRequest, source: SourceView) -> Found:
    notice = _notice(_text(node, "Message"))
    if notice is None:
        return Found(_text(node, "MessageId") or None, "ignored", Draft(), "test")
    kind = _text(notice, "notificationType") or _text(notice, "eventType")
    if kind != "Received":
        draft = Draft(extra={"event": kind[:100]})
        return Found(_text(node, "MessageId") or None, "ignored", draft, "bounce" if kind == "Bounce" else "mail_event")
    mail = parse(_content(notice))
    told, receipt = _object(notice, "mail"), _object(notice, "receipt")
    envelope(mail, sender=_text(told, "source"), recipient=next(iter(_texts(told, "destination")), None))
    if not mail.fields.get("message-id") and _text(_object(told, "commonHeaders"), "messageId"):
        mail.fields["message-id"] = [_text(_object(told, "commonHeaders"), "messageId")]
    if _verdict(receipt, "spamVerdict") == "FAIL":
        mail.fields.setdefault("x-spam-flag", ["YES"])
    found = found_in(mail, request, source, receipt=times.parse(_text(told, "timestamp"), source.time_zone))
    found.draft.extra["ses_message_id"] = _text(told, "messageId")
    if _verdict(receipt, "virusVerdict") == "FAIL":
        found.disposition, found.reason = "ignored", "virus"
    return found


def _verdict(receipt: Json, name: str) -> str:
    return _text(_object(receipt, name), "status")


def _notice(message: str) -> Json | None:
    """What SES says, a JSON text inside JSON; None for the words SNS sends when a topic is first used."""
    try:
        node = orjson.loads(message)
    except orjson.JSONDecodeError:
        if message.startswith("Successfully validated SNS topic"):
            return None
        raise Unreadable("the notice is not JSON") from None
    if not isinstance(node, dict):
        raise Unreadable("the notice is not of SES")
    return None if "notificationType" not in node and "eventType" not in node and "mail" not in node else node


def _content(notice: Json) -> bytes:
    """The raw message. What SES stored in S3 does not come with the notice: who wrote says only that something came."""
    content, action = _text(notice, "content"), _object(_object(notice, "receipt"), "action")
    if not content:
        where = f" s3://{_text(action, 'bucketName')}/{_text(action, 'objectKey')}" if action.get("bucketName") else ""
        raise Unreadable(f"the message is not in the notice{where}: let the rule publish to SNS with the content")
    encoding = _text(action, "encoding").upper()
    if encoding == "BASE64" or (encoding != "UTF8" and ":" not in content[:2000]):
        try:
            return base64.b64decode(content)
        except (binascii.Error, ValueError):
            raise Unreadable("the content is not base64") from None
    return content.encode("utf-8", "surrogatepass")


def _object(node: Json, name: str) -> Json:
    value = node.get(name)
    return value if isinstance(value, dict) else {}


def _text(node: Json, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""


def _texts(node: Json, name: str) -> list[str]:
    value = node.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
