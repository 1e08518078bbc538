"""Mails that nobody wrote to us: automatic replies, bounces, lists, receipts. Each has its reason."""

import re
from collections.abc import Mapping, Sequence

from lead_intake.providers.mail import headers
from lead_intake.providers.mail.message import Mail

_AUTO_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply",
)  # fmt: skip
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_OUR_GROUP = ("list-id", "list-post", "x-beenthere")
_AUTO_SUBJECT = re.compile(
    r"^\s{0,5}\[?(?:автоответ|автоматический ответ|вне офиса|(?:я )?не в офисе|"
    r"нет на рабочем месте|отсутствую(?![а-яё])|отсутствует (?:на работе|на рабочем|в офисе)|"
    r"отсутствие на рабочем|out of (?:the )?office|auto(?:matic|mated)?[- ]?"
    r"(?:reply|response)|away from (?:the )?office|vacation (?:reply|response)|abwesenheits|réponse automatique)",
    re.IGNORECASE,
)
_NOTICE = "автоматическое уведомление"
_BOUNCE_SUBJECT = re.compile(
    r"undelivered mail|undeliverable|delivery (?:status notification|failure|has failed)|failure notice|mail failure|"
    r"mail delivery (?:failed|failure|subsystem|system)|message not delivered|returned mail|недоставленное сообщение|"
    r"не ?доставлено|сообщение не доставлено|не уда(?:лось|ется|ётся) доставить|ошибка доставки|недоставлен",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_REPORT_FIELD = re.compile(r"^([A-Za-z-]{3,40}):[ \t]{0,8}(.{0,998})$", re.MULTILINE)


def reason(mail: Mail) -> str | None:
    """Why the mail is no inquiry whatever it says, or None."""
    if mail.content_type == "multipart/report" or any("final-recipient:" in one.lower() for one in mail.reports):
        return _report_kind(mail)
    subject = mail.header("subject")
    if mail.raw("x-failed-recipients") or (_BOUNCE_SUBJECT.search(subject) and (_no_path(mail) or _from_daemon(mail))):
        return "bounce"
    if mail.raw("auto-submitted").strip().lower().startswith("auto-replied"):
        return "auto_reply"
    if any(mail.raw(name) for name in _AUTO_HEADERS) or _AUTO_SUBJECT.match(headers.bare_subject(subject)):
        return "auto_reply"
    if mail.content_type == "text/calendar" or mail.invitation in ("reply", "cancel", "counter"):
        return "calendar"
    return None


def soft_reason(mail: Mail, own_domains: Sequence[str]) -> str | None:
    """Why a mail without a form in it counts as written by nobody, or as a mailing: site mailers set these marks on
    form notifications too."""
    automatic = mail.raw("auto-submitted").strip().lower()
    if (automatic and not automatic.startswith("no")) or mail.raw("x-auto-response-suppress"):
        return "auto_reply"
    if headers.bare_subject(mail.header("subject")).lower().startswith(_NOTICE):
        return "auto_reply"
    if _from_daemon(mail):
        return "bounce"
    if _no_path(mail):
        return "auto_reply"
    marked = any(mail.raw(name) for name in _LIST_HEADERS) or mail.raw("precedence").strip().lower() in _BULK
    if marked and not _our_group(mail, own_domains):
        return "mailing_list"
    return "marked_as_spam" if mail.raw("x-spam-flag").strip().lower().startswith("yes") else None


def _report_kind(mail: Mail) -> str:
    told = "\n".join(mail.reports).lower()
    if "disposition-notification" in mail.raw("content-type").lower() or "\ndisposition:" in f"\n{told}":
        return "read_receipt"
    return "complaint" if "feedback-report" in mail.raw("content-type").lower() else "bounce"


def _our_group(mail: Mail, own_domains: Sequence[str]) -> bool:
    """A mail group of the company (`sales@` as a list) hands on what clients write: that is no mailing."""
    named = " ".join(mail.raw(name).lower() for name in _OUR_GROUP)
    hosts = re.findall(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", named[:2000])
    return any(host == own or host.endswith(f".{own}") for host in hosts for own in own_domains)


def _no_path(mail: Mail) -> bool:
    return mail.raw("return-path").strip() == "<>"


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
    original = headers.message_ids(mail.attached.raw("message-id")) if mail.attached else []
    if original:
        facts.setdefault("original_message_id", original[0])
    return facts
