"""Forwarded inquiries: the client is the sender of the inner message, attached or pasted below a marker."""

import re
from typing import NamedTuple

from lead_intake.providers.mail import headers, quoting
from lead_intake.providers.mail.message import Mail

_MARKER = re.compile(
    r"^[\s>*]{0,5}(?:[-–—_]{2,20}\s{0,3}(?:forwarded message|forwarded by|пересылаемое сообщение|"
    r"перенаправленное сообщение|пересланное сообщение|пересланное письмо|переадресованное сообщение|"
    r"weitergeleitete nachricht)|begin forwarded message|начало переадресованного сообщения|"
    r"начало пересылаемого сообщения)",
    re.IGNORECASE,
)
_END = re.compile(r"^[\s>]{0,5}-{2,20}\s{0,3}(?:конец пересыл|end of forwarded|end forwarded)", re.IGNORECASE)
_SUBJECT = re.compile(r"^\s{0,5}(?:fwd?|fw|пересл|пересылка|wg|tr)(?:\[\d{1,3}\])?\s{0,3}:", re.IGNORECASE)
_FIELD = re.compile(r"^[\s>*]{0,5}([A-Za-zА-Яа-яЁё-]{2,20}(?: кого)?)\*?\s{0,3}:\*?\s{0,5}(\S.{0,1000})?$")
_NAMES = {
    "from": "from", "от": "from", "отправитель": "from", "от кого": "from", "von": "from", "date": "date",
    "sent": "date", "дата": "date", "отправлено": "date", "subject": "subject", "тема": "subject", "to": "to",
    "кому": "to", "cc": "cc", "копия": "cc", "reply-to": "reply-to",
}  # fmt: skip
_LATIN_MARK = re.compile(
    r"^(\d{1,2}\.\d{1,2}\.\d{4}),?\s{1,3}(\d{1,2}:\d{2})(?::\d{2})?,\s{0,3}(.{1,200}<[^<>\s]{3,254}>)"
)
_LOOK = 20


class Inner(NamedTuple):
    """The forwarded message: who wrote it, when, and what. `note` is what the colleague wrote above it."""

    sender: headers.Address
    date: str
    subject: str
    text: str
    note: str


def inner(mail: Mail) -> Inner | None:
    """The message inside a forward, or None when nothing is forwarded."""
    if mail.attached is not None:
        return _attached(mail.attached, mail.text)
    return pasted(mail.with_quotes(), mail.header("subject"))


def pasted(text: str, subject: str) -> Inner | None:
    """The message that stands below a marker, or below header lines where the subject says that it is a forward."""
    lines, forward = text.split("\n")[:5000], bool(_SUBJECT.match(subject))
    for number, line in enumerate(lines):
        if _MARKER.match(line):
            return _below(lines, number + 1, number)
        if not forward and quoting.begins_quote(lines, number):
            return None
        found = _FIELD.match(line) if forward else None
        if found and _NAMES.get(found[1].lower()) == "from":
            return _below(lines, number, number)
    return None


def _attached(mail: Mail, note: str) -> Inner | None:
    senders = mail.addresses("reply-to") or mail.addresses("from") or mail.addresses("sender")
    if not senders:
        return None
    named = mail.addresses("from")
    sender = senders[0] if senders[0].name or not named else headers.Address(named[0].name, senders[0].address)
    return Inner(sender, mail.header("date"), mail.header("subject"), mail.text, note.strip())


def _below(lines: list[str], start: int, marker: int) -> Inner | None:
    """The header lines below a marker, until the first empty line after them."""
    fields: dict[str, str] = {}
    number = start
    while number < min(start + _LOOK, len(lines)):
        line = lines[number]
        found = _FIELD.match(line)
        named = _NAMES.get(found[1].lower()) if found else None
        short = _LATIN_MARK.match(line.strip(" >")) if not fields else None
        if found and named:
            fields.setdefault(named, (found[2] or "").strip())
        elif short:
            fields.update({"date": f"{short[1]} {short[2]}", "from": short[3]})
        elif (fields and "from" in fields) or (line.strip(" >\t") and fields):
            break
        number += 1
    senders = headers.addresses(fields.get("reply-to", "")) or headers.addresses(_unlinked(fields.get("from", "")))
    if not senders:
        return None
    end = next((place for place, line in enumerate(lines) if place >= number and _END.match(line)), len(lines))
    body = [line.removeprefix("> ").removeprefix(">") for line in lines[number:end]]
    note = "\n".join(lines[:marker]).strip()
    return Inner(senders[0], fields.get("date", ""), fields.get("subject", ""), "\n".join(body).strip(), note)


def _unlinked(value: str) -> str:
    """`Anna [mailto:anna@example.org]` and `anna@example.org<mailto:anna@example.org>` as plain addresses."""
    value = value.replace("[mailto:", "<").replace("]", ">") if "[mailto:" in value else value
    head, mark, rest = value.partition("<mailto:")
    return head if mark and "@" in head else f"{head}<{rest}" if mark else value
