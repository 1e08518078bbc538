"""A raw message taken apart: headers, the text a person wrote, attachments, an attached message. What cannot be decoded
is replaced, what has no end is cut; only headers without end are refused: that is no mail, but an attack on its reader.
"""

import email.parser
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from lead_intake.providers import charsets
from lead_intake.providers.base import Unreadable
from lead_intake.providers.mail import headers, parts
from lead_intake.providers.mail.html_text import html_to_text, meta_charset

MAX_PARTS = 200
MAX_HEADERS = 300_000
MAX_BOUNDARIES = 5000
LONGEST_PARAMETERS = 20_000
CUT = "the message has too many parts: only the first were read"
_VIEW_IN_BROWSER = (
    "view in browser",
    "view this email in your browser",
    "view it in your browser",
    "открыть в браузере",
    "просмотреть в браузере",
    "посмотреть в браузере",
)
_SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_REPORTS = frozenset({"message/delivery-status", "text/rfc822-headers", "message/disposition-notification"})
_CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


@dataclass(slots=True)
class Mail:
    """What one message holds. `fields` are the raw header values by lower-case name, in order; `html` is the source;
    `cards` are visiting cards (vCard) that came with it, `invitation` the method of a calendar entry."""

    fields: dict[str, list[str]]
    content_type: str
    text: str = ""
    html: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    invitation: str = ""
    attached: "Mail | None" = None
    sealed: bool = False
    cut: bool = False
    from_html: bool = False

    def raw(self, name: str) -> str:
        """The first value of a header, undecoded; empty when it is absent."""
        return self.fields.get(name, [""])[0]

    def header(self, name: str) -> str:
        """The first value of a header as text."""
        return headers.text(self.raw(name))

    def addresses(self, name: str) -> list[headers.Address]:
        """All addresses of a header."""
        return [one for value in self.fields.get(name, ())[:50] for one in headers.addresses(value)]

    def with_quotes(self) -> str:
        """The text with what the HTML marks as a quote: a forwarded message often stands in one."""
        return html_to_text(self.html, quotes=True) if self.from_html else self.text

    def settle(self) -> "Mail":
        """The text, once everything is gathered: that of the HTML where there is no other, without enclosed files."""
        if self.html and (not self.text.strip() or _says_look_elsewhere(self.text)):
            self.text, self.from_html = html_to_text(self.html), True
        if "begin " in self.text:
            self.text, files = parts.without_uuencoded(self.text)
            self.attachments.extend(files)
        if "-----BEGIN PGP" in self.text:
            self.text, sealed = parts.without_armour(self.text)
            self.sealed = self.sealed or sealed
        return self

    def enclose(self, name: str | None, kind: str, content: bytes, *, depth: int = 0) -> None:
        """Takes in an attached file: a message and a delivery report are read, a card kept, the rest listed."""
        if kind == "message/rfc822" and self.attached is None and depth < 5:
            self.attached = parse(content, depth + 1)
        elif kind in _REPORTS:
            self.reports.append(charsets.decoded(content, None))
        else:
            if kind in _CARDS or (name or "").lower().endswith(".vcf"):
                self.cards.append(charsets.decoded(content[:20_000], None))
            self.attachments.append({"name": name or "", "type": kind, "size": len(content)})


def parse(raw: bytes, depth: int = 0) -> Mail:
    """The message in these bytes. An mbox `From ` line in front is forgiven."""
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    raw = raw.lstrip(b"\r\n")
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if end != -1]
    if min(ends, default=len(raw)) > MAX_HEADERS:
        raise Unreadable("headers without end")
    raw, cut = parts.first_parts(raw, MAX_BOUNDARIES)
    try:
        mail = _mail(email.parser.BytesParser(policy=email.policy.compat32).parsebytes(raw), depth)
    except RecursionError:
        raise Unreadable("parts nested without end") from None
    mail.cut = mail.cut or cut
    return mail


def _mail(message: Message, depth: int) -> Mail:
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        fields.setdefault(name.lower(), []).append(str(value).replace("\r", "").replace("\n", " "))
    mail = Mail(fields, message.get_content_type())
    mail.sealed = mail.content_type in _SEALED
    leaves = _leaves(message, depth)
    for _, part in zip(range(MAX_PARTS), leaves, strict=False):
        _take(mail, part, depth)
    mail.cut = next(leaves, None) is not None
    return mail.settle()


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    """The leaves of a message; an attached message is a leaf."""
    if message.is_multipart() and message.get_content_maintype() == "multipart" and depth < 20:
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _take(mail: Mail, part: Message, depth: int) -> None:
    kind, name = part.get_content_type(), _file_name(part)
    if kind == "message/rfc822" and part.is_multipart():
        inner = next(iter(part.get_payload()), None)
        if mail.attached is None and isinstance(inner, Message) and depth < 5:
            mail.attached = _mail(inner, depth + 1)
    elif kind in _REPORTS:
        mail.reports.append(_report(part))
    elif kind in ("text/plain", "text/html") and not _is_attachment(part, name):
        written = _text(part)
        if kind == "text/html":
            mail.html = f"{mail.html}\n{written}" if mail.html else written
        else:
            mail.text = f"{mail.text}\n{written}" if mail.text else written
    elif kind == "text/calendar":
        mail.invitation = (_parameter(part, "method") or "publish").lower()
    elif name or kind.partition("/")[0] not in ("text", "multipart") or kind in _CARDS:
        mail.enclose(name, kind, _bytes(part), depth=depth)


def _is_attachment(part: Message, name: str | None) -> bool:
    disposition = str(part.get("content-disposition") or "").strip().lower()
    return disposition.startswith("attachment") or bool(name and not disposition.startswith("inline"))


def _file_name(part: Message) -> str | None:
    if _overlong(part):
        return None
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return headers.text(name)[:255] if name else None


def _report(part: Message) -> str:
    return "\n".join([str(inner) for inner in part.get_payload()]) if part.is_multipart() else _text(part)


def _bytes(part: Message) -> bytes:
    """The content without its transfer encoding; base64 with stray characters is read as far as it goes."""
    try:
        payload = part.get_payload()
    except (ValueError, LookupError, TypeError):  # its charset is no name at all
        payload = ""
    if not isinstance(payload, str):
        return b""
    if payload and str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
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
        return parts.unflowed(written, joined=(_parameter(part, "delsp") or "").lower() == "yes")
    return written


def _overlong(part: Message) -> bool:
    """Whether the parameters are an attack: taking them apart takes long, and each is asked for by itself."""
    told = f"{part.get('content-type', '')}{part.get('content-disposition', '')}"
    return len(told) > LONGEST_PARAMETERS


def _parameter(part: Message, name: str) -> str | None:
    if _overlong(part):
        return None
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return str(value[2] if isinstance(value, tuple) else value) if value else None


def _says_look_elsewhere(written: str) -> bool:
    return len(written) < 400 and any(phrase in written.lower() for phrase in _VIEW_IN_BROWSER)
