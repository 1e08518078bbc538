"""A message becomes an inquiry of the person who really wrote it, or is ignored for a reason."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lead_intake.normalising import times
from lead_intake.normalising.emails import emails_in
from lead_intake.normalising.phones import phones_in_text
from lead_intake.providers.base import ConsentDraft, Draft, Found, Raw, SourceView, Unreadable, WireRequest
from lead_intake.providers.mail import cards, forwards, headers, notification, quoting, refusals
from lead_intake.providers.mail.message import CUT, Mail

_HEADERS = (
    "from", "to", "subject", "date", "message-id", "received", "sender", "reply-to", "return-path", "delivered-to",
)  # fmt: skip
_NEVER_CLIENTS = re.compile(
    r"(?:(?:do[-_.]?not|no)[-_.]?reply|wordpress|notif(?:y|ications?)|mailer-daemon|postmaster|robot|bounces?|www-data)"
    r"(?:[-_.+=\d].*)?"
)
"""`robot@` and `no-reply-17@`, but not `robotova@`."""
_ODD = frozenset({"web", "site", "webmaster", "website"})
"""Robots mostly, and people with an odd address."""
_WEEK = timedelta(days=7)
_SINGLE = frozenset({"full_name", "first_name", "middle_name", "last_name", "company", "position", "region", "product",
                     "budget"})  # fmt: skip
_MOST_ATTACHMENTS = 50
_DEEPEST_FORWARD = 4


def found_in(mail: Mail, request: WireRequest, source: SourceView, *, receipt: datetime | None = None) -> Found:
    """What the message is. `receipt`: when the mail service took it in, where it says so. Raises `Unreadable`."""
    if not any(name in mail.fields for name in _HEADERS):
        raise Unreadable("no message: not one known header")
    if mail.sealed and not mail.text.strip():
        raise Unreadable("an encrypted message")
    return _Reading(mail, request, source, receipt).found()


@dataclass(slots=True)
class _Reading:
    """One message on its way to a draft."""

    mail: Mail
    request: WireRequest
    source: SourceView
    receipt: datetime | None

    def found(self) -> Found:
        draft = self._beginning()
        refused = refusals.reason(self.mail)
        if refused:
            draft.extra.update(refusals.bounce_facts(self.mail) if refused == "bounce" else {})
            return Found(None if refused == "bounce" else self._id(), "ignored", draft, refused)
        sender = self._sender()
        inner = self._inner(sender)
        author = inner.sender if inner else sender
        form = self._form(inner, robot=author is None or self._is_ours(author) or _is_robot(author))
        soft = None if form else refusals.soft_reason(self.mail, self._own_domains())
        if soft:
            return Found(self._id(), "ignored", draft, soft)
        if form:
            self._fill_from_form(draft, form)
        elif inner:
            self._fill_from_person(draft, [inner.sender], inner.text)
        elif sender is not None and self._is_ours(sender) and not self._answerable():
            return Found(self._id(), "ignored", draft, "own_message")
        else:
            self._fill_from_person(draft, self._clients(), self.mail.text)
            self._add_forwarded(draft)
        if inner:
            self._tell_of_forward(draft, inner, sender)
        return Found(self._id(), "inquiry", draft)

    def _beginning(self) -> Draft:
        """What every kind of mail has: subject, time, thread, attachments."""
        mail, draft = self.mail, Draft()
        draft.subject = headers.bare_subject(mail.header("subject")) or None
        draft.occurred_at = self._sent_at()
        draft.references = headers.message_ids(" ".join(mail.fields.get("references", ())))
        answered = headers.message_ids(mail.raw("in-reply-to"))
        thread = [*draft.references, *answered]
        draft.in_reply_to = thread[0] if thread else None
        draft.references += [one for one in answered if one not in draft.references]
        if draft.subject:
            draft.extra["subject"] = draft.subject
        if draft.in_reply_to:
            draft.extra["thread_root"] = draft.in_reply_to
        files = [*mail.attachments, *(mail.attached.attachments if mail.attached else ())]
        if files:
            draft.extra["attachments"] = files[:_MOST_ATTACHMENTS]
        if len(files) > _MOST_ATTACHMENTS:
            draft.extra["attachments_total"] = len(files)
        draft.warnings += [CUT] if mail.cut else []
        return draft

    def _sent_at(self) -> datetime | None:
        """The Date, unless it is missing, later than the receipt or more than a week before it."""
        zone = self.source.time_zone
        received = self.receipt or times.mail_date(self.mail.raw("received").rpartition(";")[2].strip(), zone)
        receipt = min(received or self.request.received_at, self.request.received_at)
        sent = times.mail_date(self.mail.raw("date"), zone)
        return sent if sent and receipt - _WEEK <= sent <= receipt else receipt

    def _id(self) -> str:
        ids = headers.message_ids(self.mail.raw("message-id")) or self.mail.raw("message-id").split()
        if ids:
            return ids[0]
        parts = [self.mail.raw("from"), self.mail.raw("date"), self.mail.raw("subject"), self.mail.text]
        return "sha256:" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()

    def _sender(self) -> headers.Address | None:
        return next((one for name in ("from", "sender", "return-path") for one in self.mail.addresses(name)), None)

    def _inner(self, sender: headers.Address | None) -> forwards.Inner | None:
        """The forwarded message of somebody else, also behind a colleague's forward of a colleague's forward."""
        if not self._by_colleague(sender):
            return None
        inner = forwards.inner(self.mail)
        for _ in range(_DEEPEST_FORWARD):
            if inner is None or not self._is_ours(inner.sender) or _is_robot(inner.sender):
                return inner
            inner = forwards.pasted(inner.text, inner.subject)
        return None

    def _by_colleague(self, sender: headers.Address | None) -> bool:
        """A forward by someone of the company; where its domains are not known, by anyone."""
        if sender is None or not self.source.settings.own_domains:
            return True
        return self._is_ours(sender)

    def _form(self, inner: forwards.Inner | None, *, robot: bool) -> list[notification.Field]:
        """The fields of a form notification. What people write is looked at without quotes and signature."""
        text, subject = (inner.text, inner.subject) if inner else (self.mail.text, self.mail.header("subject"))
        if not robot:
            text = quoting.split(text)[0]
        return notification.fields(text, subject, robot=robot)

    def _answerable(self) -> bool:
        """Whether Reply-To names a client: what a site sends in the company's own name."""
        return any(self._may_be_client(one) for one in self.mail.addresses("reply-to"))

    def _clients(self) -> list[headers.Address]:
        """Who may be answered: Reply-To and From, else Sender, else the envelope; never robots or ourselves.

        A list that rewrites senders (`Anna via Lists`) hides the person in Reply-To or a header of its own.
        """
        answer, named = self.mail.addresses("reply-to"), self.mail.addresses("from")
        if any(" via " in one.name.lower() for one in named):
            hidden = [*self.mail.addresses("x-original-from"), *self.mail.addresses("x-original-sender")]
            named = [headers.Address(named[0].name, one.address) for one in answer or hidden] or named
            answer = []
        people = list(dict.fromkeys(one for one in [*answer, *named] if self._may_be_client(one)))
        if people:
            return people
        envelope = [*self.mail.addresses("sender"), *self.mail.addresses("return-path")]
        people = [one for one in envelope if self._may_be_client(one)][:1]
        return people or [one for one in [*answer, *named] if not self._is_ours(one) and _is_odd(one)][:1]

    def _may_be_client(self, one: headers.Address) -> bool:
        return not self._is_ours(one) and not _is_robot(one)

    def _own_domains(self) -> list[str]:
        return [own.lower().lstrip("@") for own in self.source.settings.own_domains]

    def _is_ours(self, one: headers.Address) -> bool:
        address = one.address.lower()
        domain = address.rpartition("@")[2]
        if any(domain == name or domain.endswith(f".{name}") for name in self._own_domains()):
            return True
        return any(address == mine.address.lower() for mine in self.mail.addresses("delivered-to"))

    def _fill_from_form(self, draft: Draft, form: list[notification.Field]) -> None:
        for meaning, label, value in form:
            self._fill_field(draft, meaning, label, value)
        for one in self.mail.addresses("reply-to"):
            if self._may_be_client(one):
                draft.emails.append(Raw(one.address, "header Reply-To"))
                if not (draft.full_name or draft.first_name or draft.last_name):
                    draft.full_name = one.name or None

    def _fill_field(self, draft: Draft, meaning: str, label: str, value: str) -> None:
        prefix, colon, rest = meaning.partition(":")
        if meaning in ("phone", "email"):
            (draft.phones if meaning == "phone" else draft.emails).append(Raw(value, f"field {label}"))
        elif meaning == "sender":
            self._fill_sender(draft, label, value)
        elif colon and prefix == "mark":
            draft.touch.setdefault(rest, value)
        elif colon and prefix == "messenger":
            draft.messengers.append((rest, value))
        elif meaning in _SINGLE and getattr(draft, meaning) is None:
            setattr(draft, meaning, value)
        elif meaning == "message":
            draft.message = f"{draft.message}\n{value}" if draft.message else value
        elif meaning == "occurred_at":
            self._form_time(draft, value)
        elif meaning == "consent":
            draft.consent = ConsentDraft(given=value.strip().lower() not in ("", "нет", "no", "0", "false"))
        elif meaning == "subject":
            draft.extra.setdefault("form", value)
        elif meaning != "ignore":
            draft.extra.setdefault(label[:100], value)

    def _fill_sender(self, draft: Draft, label: str, value: str) -> None:
        """`From: Anna <anna@example.org>`, as sites' mailers begin their notifications."""
        for one in headers.addresses(value):
            if self._may_be_client(one):
                draft.emails.append(Raw(one.address, f"field {label}"))
                draft.full_name = draft.full_name or one.name or None
        if "@" not in value:
            draft.full_name = draft.full_name or value

    def _form_time(self, draft: Draft, value: str) -> None:
        """The form's own time is local to the site; it counts when it fits the mail's."""
        told, sent = times.parse(value, self.source.time_zone), draft.occurred_at
        if told and sent and abs(told - sent) <= _WEEK and told <= self.request.received_at:
            draft.occurred_at = told

    def _fill_from_person(self, draft: Draft, people: list[headers.Address], text: str) -> None:
        """A person's own words: contacts in the new text, the signature and a visiting card, never in quotes."""
        new, signature = quoting.split(text)
        draft.message = new or None
        draft.full_name = next((_shown(one.name) for one in people if one.name), None)
        draft.emails = [Raw(one.address, "sender") for one in people]
        if not draft.emails:
            draft.emails = [
                Raw(one.address, "text")
                for one in emails_in(new)
                if self._may_be_client(headers.Address("", one.address))
            ]
        region = self.source.default_region
        draft.phones = [Raw(number, "text") for number in phones_in_text(new, region)]
        draft.phones += [Raw(number, "subject") for number in phones_in_text(draft.subject or "", region)]
        draft.phones += [Raw(number, "signature") for number in phones_in_text(signature, region)]
        for text in (*self.mail.cards, *(self.mail.attached.cards if self.mail.attached else ())):
            _fill_from_card(draft, cards.read(text))

    def _add_forwarded(self, draft: Draft) -> None:
        """What a client hands on is theirs to show: it stands below their own words. Contacts in it are others'."""
        handed_on = forwards.inner(self.mail)
        if handed_on and handed_on.text:
            own = quoting.split(handed_on.note)[0]
            draft.message = "\n\n".join([words for words in (own, handed_on.text) if words])

    def _tell_of_forward(self, draft: Draft, inner: forwards.Inner, sender: headers.Address | None) -> None:
        draft.extra["forwarded_by"] = sender.address if sender else ""
        if inner.note:
            draft.extra["forward_note"] = inner.note[:2000]
        if inner.subject:
            draft.subject = headers.bare_subject(headers.text(inner.subject)) or draft.subject


def _fill_from_card(draft: Draft, card: cards.Card) -> None:
    draft.full_name = draft.full_name or card.name
    draft.company = draft.company or card.company
    draft.position = draft.position or card.position
    draft.phones += [Raw(phone, "visiting card") for phone in card.phones[:5]]
    if not draft.emails:
        draft.emails = [Raw(email, "visiting card") for email in card.emails[:5]]


def _is_robot(one: headers.Address) -> bool:
    local = one.address.lower().partition("@")[0]
    return bool(_NEVER_CLIENTS.fullmatch(local)) or notification.is_robot(local)


def _is_odd(one: headers.Address) -> bool:
    return one.address.lower().partition("@")[0] in _ODD


def _shown(name: str) -> str:
    """`Anna via Lists` is Anna."""
    return name.partition(" via ")[0].strip(" '\"") or name
