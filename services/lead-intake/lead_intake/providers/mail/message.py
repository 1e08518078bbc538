"""A raw message taken apart: headers, the text a person wrote, attachments, an attached message. What cannot be decoded
is replaced; only what is no mail at all, but an attack on its reader, is refused."""

import email.parser
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from lead_intake.providers import charsets
from lead_intake.providers.base import Unreadable
from lead_intake.providers.mail import headers
from lead_intake.providers.mail.html_text import html_to_text, meta_charset

MAX_PARTS = 200
MAX_HEADERS = 300_000
MAX_BOUNDARIES = 5000
_VIEW_IN_BROWSER = (
    "view in browser",
    "view this email in your browser",
    "открыть в браузере",
    "просмотреть в браузере",
)
_SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


@dataclass(slots=True)
class Mail:
    """What one message holds. `fields` are the raw header values by lower-case name, in order; `html` is the source."""

    fields: dict[str, list[str]]
    content_type: str
    text: str = ""
    html: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    attached: "Mail | None" = None
    sealed: bool = False

    def raw(self, name: str) -> str:
        """The first value of a header, undecoded; empty when it is absent."""
        return self.fields.get(name, [""])[0]

    def header(self, name: str) -> str:
        """The first value of a header as text."""
        return headers.text(self.raw(name))

    def addresses(self, name: str) -> list[headers.Address]:
        """All addresses of a header."""
        return [one for value in self.fields.get(name, ()) for one in headers.addresses(value)]


def parse(raw: bytes) -> Mail:
    """The message in these bytes. An mbox `From ` line in front is forgiven."""
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if end != -1]
    if min(ends, default=len(raw)) > MAX_HEADERS or raw.count(b"\n--") > MAX_BOUNDARIES:
        raise Unreadable("headers or parts without end")
    try:
        return _mail(email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw), 0)
    except RecursionError:
        raise Unreadable("parts nested without end") from None


def _mail(message: Message, depth: int) -> Mail:
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        fields.setdefault(name.lower(), []).append(str(value).replace("\r", "").replace("\n", " "))
    mail = Mail(fields, message.get_content_type())
    mail.sealed = mail.content_type in _SEALED
    parts = _parts(message, depth)
    for _, part in zip(range(MAX_PARTS), parts, strict=False):
        _take(mail, part, depth)
    if mail.html and (not mail.text.strip() or _says_look_elsewhere(mail.text)):
        mail.text = html_to_text(mail.html)
    return mail


def _parts(message: Message, depth: int) -> Iterator[Message]:
    """The leaves of a message; an attached message is a leaf."""
    payload = message.get_payload()
    if isinstance(payload, list) and message.get_content_maintype() == "multipart" and depth < 20:
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)
    else:
        yield message


def _take(mail: Mail, part: Message, depth: int) -> None:
    kind, name = part.get_content_type(), _file_name(part)
    payload = part.get_payload()
    if kind == "message/rfc822" and isinstance(payload, list):
        if mail.attached is None and payload and isinstance(payload[0], Message) and depth < 5:
            mail.attached = _mail(payload[0], depth + 1)
    elif kind in ("message/delivery-status", "text/rfc822-headers", "message/disposition-notification"):
        mail.reports.append(_report(part))
    elif kind in ("text/plain", "text/html") and not _is_attachment(part, name):
        written = _text(part)
        if kind == "text/html":
            mail.html = mail.html or written
        else:
            mail.text = f"{mail.text}\n{written}" if mail.text else written
    elif kind.startswith("text/calendar") or name or kind.partition("/")[0] not in ("text", "multipart"):
        mail.attachments.append({"name": name or "", "type": kind, "size": len(_bytes(part))})


def _is_attachment(part: Message, name: str | None) -> bool:
    disposition = str(part.get("content-disposition") or "").strip().lower()
    return disposition.startswith("attachment") or bool(name and not disposition.startswith("inline"))


def _file_name(part: Message) -> str | None:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return headers.text(name)[:255] if name else None


def _report(part: Message) -> str:
    payload = part.get_payload()
    return "\n".join([str(inner) for inner in payload]) if isinstance(payload, list) else _text(part)


def _bytes(part: Message) -> bytes:
    """The content without its transfer encoding; base64 with stray characters is read as far as it goes."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return b""
    if str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        return headers.base64_bytes(payload.encode("ascii", "ignore"))
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        return payload.encode("utf-8", "surrogateescape")
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    content, declared = _bytes(part), _parameter(part, "charset")
    if declared is None and part.get_content_type() == "text/html":
        declared = meta_charset(content)
    written = charsets.decoded(content, declared).replace("\r\n", "\n").replace("\r", "\n")
    if (_parameter(part, "format") or "").lower() == "flowed":
        return unflowed(written, joined=(_parameter(part, "delsp") or "").lower() == "yes")
    return written


def _parameter(part: Message, name: str) -> str | None:
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return str(value[2] if isinstance(value, tuple) else value) if value else None


def unflowed(written: str, *, joined: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next; `-- ` never does; one leading space is stuffing."""
    lines: list[str] = []
    flows, quoted = False, 0
    for line in written.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if flows and depth == quoted and content != "-- " and lines:
            lines[-1] += content
        else:
            lines.append(f"{'>' * depth}{' ' if depth else ''}{content}")
        flows, quoted = content.endswith(" ") and content != "-- ", depth
        if flows and joined:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _says_look_elsewhere(written: str) -> bool:
    return len(written) < 400 and any(phrase in written.lower() for phrase in _VIEW_IN_BROWSER)
