"""Postmark inbound: a message taken apart into JSON; authentic by the secret in the registered address."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.providers import credentials
from lead_intake.providers.base import Found, Provider, SourceView, Unreadable, WireAnswer, WireRequest
from lead_intake.providers.mail.message import Mail, parse
from lead_intake.providers.mail.posted import envelope, mail_of, object_of, pairs_in
from lead_intake.providers.mail.reading import found_in
from lead_intake.providers.settings import Secrets

Json = dict[str, Any]
_FULL = (("to", "ToFull", "To"), ("cc", "CcFull", "Cc"))


class PostmarkSecrets(Secrets):
    """What stands before the host in the registered address: `https://username:secret@...`."""

    username: str | None = Field(default=None, max_length=255, description="Expected beside the secret in Basic")


class Postmark(Provider):
    """Messages that Postmark's inbound stream posts."""

    slug: ClassVar[str] = "postmark"
    title: ClassVar[str] = "Postmark"
    channels: ClassVar[tuple[Channel, ...]] = ("email",)
    hint: ClassVar[str] = "Inbound stream, Settings, Webhook: the address, user name and password before its host."
    secrets_model: ClassVar[type[BaseModel]] = PostmarkSecrets

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret is the password of Basic, with the right user, or stands in the query."""
        user, given = source.secrets.get("username"), credentials.basic_user(request.headers)
        known = not user or given is None or credentials.same(given, user)
        return credentials.carries_secret(request, source, ()) and known

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message."""
        node = object_of(request.body)
        if not {"From", "FromFull", "RawEmail", "Headers"} & node.keys():
            raise Unreadable("no message of Postmark's inbound stream")
        mail = _mail(node)
        found = found_in(mail, request, source)
        if _text(node, "MessageID"):
            found.draft.extra["provider_message_id"] = _text(node, "MessageID")
        if _text(node, "MailboxHash"):
            found.draft.extra["mailbox_hash"] = _text(node, "MailboxHash")
        if _text(node, "Tag"):
            found.draft.extra["tag"] = _text(node, "Tag")
        return [found]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the secret."""
        return credentials.masked(request, [source.secrets.get("secret", "")])

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """200 says that it is done; 403 ends the repeats."""
        return WireAnswer(200)


def _mail(node: Json) -> Mail:
    """The raw message where it came whole (JSON has no bytes, so only a plain one is), else one of its parts."""
    raw = _text(node, "RawEmail")
    if raw and raw.isascii():
        mail = parse(raw.encode())
    else:
        mail = mail_of(_headers(node), text=_text(node, "TextBody"), html=_text(node, "HtmlBody"))
        files = node.get("Attachments")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, dict):
                _enclose(mail, file)
        mail.settle()
    if "message-id" not in mail.fields and _text(node, "MessageID"):
        mail.fields["message-id"] = [_text(node, "MessageID")]
    envelope(mail, sender=None, recipient=_text(node, "OriginalRecipient"))
    return mail


def _headers(node: Json) -> list[tuple[str, str]]:
    """Those that Postmark passes on, and those it has made fields of its own."""
    named = pairs_in(node.get("Headers"), "Name", "Value")
    present = {name.lower() for name, _ in named}
    own = [
        ("from", _address(node.get("FromFull")) or _text(node, "From")),
        ("subject", _text(node, "Subject")),
        ("date", _text(node, "Date")),
        ("reply-to", _text(node, "ReplyTo")),
        *((name, _addresses(node.get(full)) or _text(node, plain)) for name, full, plain in _FULL),
    ]
    return named + [(name, value) for name, value in own if value and name not in present]


def _address(node: object) -> str:
    if not isinstance(node, dict) or not _text(node, "Email"):
        return ""
    name = _text(node, "Name").replace("\\", "").replace('"', "")
    return f'"{name}" <{_text(node, "Email")}>' if name else _text(node, "Email")


def _addresses(node: object) -> str:
    return ", ".join([_address(one) for one in node if _address(one)]) if isinstance(node, list) else ""


def _enclose(mail: Mail, file: Json) -> None:
    try:
        content = base64.b64decode(_text(file, "Content"))
    except (binascii.Error, ValueError):
        content = b""
    kind = _text(file, "ContentType").partition(";")[0].strip().lower() or "application/octet-stream"
    mail.enclose(_text(file, "Name")[:255], kind, content)


def _text(node: Json, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
