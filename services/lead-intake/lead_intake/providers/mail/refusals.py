"""Mails that nobody wrote to us: automatic replies, bounces, lists, receipts. Each has its reason."""

import re
from collections.abc import Mapping

from lead_intake.providers.mail import headers
from lead_intake.providers.mail.message import Mail

_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-response-suppress")
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_AUTO_SUBJECT = re.compile(
    r"^\s{0,5}(?:автоответ|автоматический ответ|out of (?:the )?office|auto(?:matic)?[- ]?reply)", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"undelivered mail|undeliverable|delivery status notification|mail delivery (?:failed|failure|subsystem)|"
    r"returned mail|недоставленное сообщение|не доставлено|сообщение не доставлено",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_REPORT_FIELD = re.compile(r"^([A-Za-z-]{3,40}):[ \t]{0,8}(.{0,998})$", re.MULTILINE)


def reason(mail: Mail) -> str | None:
    """Why the mail is no inquiry, or None. A bulk precedence alone is not told here: site mailers set it too."""
    if mail.content_type == "multipart/report":
        return "read_receipt" if any("disposition:" in report.lower() for report in mail.reports) else "bounce"
    if mail.raw("return-path").strip() == "<>" or mail.raw("x-failed-recipients"):
        return (
            "bounce"
            if _BOUNCE_SUBJECT.search(mail.header("subject")) or mail.raw("x-failed-recipients")
            else "auto_reply"
        )
    automatic = mail.raw("auto-submitted").strip().lower()
    if (automatic and not automatic.startswith("no")) or any(mail.raw(name) for name in _AUTO_HEADERS):
        return "auto_reply"
    if mail.content_type == "text/calendar":
        return "calendar"
    subject = mail.header("subject")
    if _BOUNCE_SUBJECT.search(subject) and _from_daemon(mail):
        return "bounce"
    return "auto_reply" if _AUTO_SUBJECT.match(subject) else None


def bulk_reason(mail: Mail) -> str | None:
    """Why a mail without a form in it counts as a mailing."""
    if any(mail.raw(name) for name in _LIST_HEADERS) or mail.raw("precedence").strip().lower() in _BULK:
        return "mailing_list"
    return "marked_as_spam" if mail.raw("x-spam-flag").strip().lower().startswith("yes") else None


def _from_daemon(mail: Mail) -> bool:
    return any(one.address.lower().startswith(("mailer-daemon@", "postmaster@")) for one in mail.addresses("from"))


def bounce_facts(mail: Mail) -> Mapping[str, str]:
    """Whom a bounce could not reach, the status, and which of our messages it was."""
    facts: dict[str, str] = {}
    for report in mail.reports:
        for name, value in _REPORT_FIELD.findall(report[:20000]):
            lower = name.lower()
            if lower == "final-recipient":
                facts.setdefault("bounced_recipient", value.rpartition(";")[2].strip().strip("<>").lower())
            elif lower in ("status", "action"):
                facts.setdefault(lower, value.strip())
            elif lower == "message-id" and headers.message_ids(value):
                facts.setdefault("original_message_id", headers.message_ids(value)[0])
    failed = mail.raw("x-failed-recipients").strip()
    if failed:
        facts.setdefault("bounced_recipient", failed.lower()[:254])
    return facts
