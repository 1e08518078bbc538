"""A found inquiry becomes the canonical one, with a report line for each value."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from leadkit.contracts.common import Shape
from leadkit.contracts.inquiry import Call, Consent, Inquiry

from lead_intake.normalising import attribution, called, language, money, times
from lead_intake.normalising.person import email_addresses, messengers, person, phone_numbers, written_in_words
from lead_intake.normalising.phones import line_number
from lead_intake.normalising.report import Report, ReportLine, cut
from lead_intake.normalising.text import MAX_ENTRIES, clean, clean_json, many_lines, one_line, said
from lead_intake.providers.base import ConsentDraft, Draft, Found, SourceView

NORMALISER_VERSION = 2
_LARGEST = 2**31 - 1
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)

Status = Literal["ready", "interest", "ignored", "pending"]
Values = dict[str, Any]


@dataclass(slots=True)
class Normalised:
    """The canonical inquiry and what it means: `ready` to deliver, an `interest` without a contact, `ignored`
    (with the reason; an outbound call keeps its inquiry to be told as a call) or `pending` (more must come).

    `values` is the inquiry as it is written, what it does not say left out; `lines` is the report as it is written.
    """

    values: Values
    lines: Report
    status: Status
    reason: str | None

    @property
    def inquiry(self) -> Inquiry:
        """The inquiry as the contract has it. It always is valid: a property test shows it, so that nobody pays for
        looking again at what has just been made."""
        return Inquiry.model_validate(self.values)

    @property
    def report(self) -> list[ReportLine]:
        """The report by names."""
        return [ReportLine(*line) for line in self.lines]


def normalise(
    found: Found, source: SourceView, *, submission_id: UUID, revision: int, received_at: datetime
) -> Normalised:
    """The same input gives the same result in every process; nothing but the arguments is looked at."""
    draft, report = found.draft, Report()
    extra: Values = clean_json(draft.extra) if draft.extra else {}
    occurred_at = _occurred_at(draft, received_at, report)
    values: Values = {
        "id": submission_id,
        "revision": revision,
        "source_id": source.id,
        "channel": source.channel,
        "provider": source.provider,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "person": person(draft, extra, report),
        "phones": phone_numbers(draft, source, occurred_at, extra, report),
        "emails": email_addresses(draft, extra, report),
    }
    if found.external_id and (external_id := bounded_id(found.external_id)):
        values["external_id"] = external_id
    if draft.messengers:
        values["messengers"] = messengers(draft, source, report)
    if _says_no_contact(found, values):
        written = written_in_words(draft, source)
        values["phones"] = phone_numbers(written, source, occurred_at, extra, report)
        values["emails"] = email_addresses(written, extra, report)
    values["attribution"] = _attribution(draft, source, occurred_at, report)
    _texts(values, draft, source, report)
    _particulars(values, draft, source, extra, report)
    if draft.call:
        called.add_subject(values, report)
    if extra:
        values["extra"] = extra if len(extra) <= MAX_ENTRIES else dict(list(extra.items())[:MAX_ENTRIES])
    report.extend([("submission", None, None, "as received", warning) for warning in draft.warnings])
    status, reason = _status(found, values)
    return Normalised(values, report, status, reason)


def _says_no_contact(found: Found, values: Values) -> bool:
    """Whether an inquiry that is complete, and no call, has no contact in any field."""
    told = values["phones"] or values["emails"] or values.get("messengers")
    return not told and found.disposition == "inquiry" and found.draft.call is None


def bounded_id(external_id: str | None) -> str | None:
    """An id fit for a key: cleaned, and its hash in its place when it is longer than 255 bytes."""
    text = clean(external_id).strip() if external_id else None
    if not text:
        return None
    if len(text) > 255 or (not text.isascii() and len(text.encode()) > 255):
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return text


def _occurred_at(draft: Draft, received_at: datetime, report: Report) -> datetime:
    told = draft.occurred_at
    if told is None:
        return received_at
    shown = told.isoformat()
    if told > received_at or told < _OLDEST:
        report.append(("occurred_at", received_at.isoformat(), shown, "time of receipt", "impossible time"))
        return received_at
    report.append(("occurred_at", shown, shown, "time told", None))
    return told.astimezone(UTC)


def _texts(values: Values, draft: Draft, source: SourceView, report: Report) -> None:
    """Message, subject, product, region and language."""
    if draft.message:
        message = many_lines(draft.message)
        if message:
            values["message"] = message
            warning = "cut to 20,000 characters" if len(draft.message) > 20000 else None
            report.append(("message", cut(message), cut(draft.message), "lines trimmed", warning))
    for key, raw, default, limit in (
        ("subject", draft.subject, None, 1000),
        ("product", draft.product, source.defaults.product, 255),
        ("region", draft.region, source.defaults.region, 255),
    ):
        if raw and (value := said(raw, limit)):
            values[key] = value
            report.append((key, value, cut(raw), "one line", None))
        elif default:
            values[key] = default
            report.append((key, default, cut(raw), "default of the source", None))
    _language(values, draft, source, report)


def _language(values: Values, draft: Draft, source: SourceView, report: Report) -> None:
    told = language.tag(draft.language) if draft.language else None
    if told:
        report.append(("language", told, cut(draft.language), "language told", None))
    else:
        subject = values.get("subject")
        if draft.call and subject and subject.startswith(called.CALL_TO):
            subject = None  # our words, not theirs
        text = values.get("message") or subject or values["person"].get("full_name")
        told = language.guess(text) if text else None
        rule, warning = ("letters of the text", "guessed") if told else ("default of the source", None)
        told = told or source.defaults.language
        if told:
            report.append(("language", told, None, rule, warning))
    if told:
        values["language"] = told


def _attribution(draft: Draft, source: SourceView, at: datetime, report: Report) -> Values:
    own, values = source.settings.own_domains, Values()
    told = times.parse(draft.touch["at"], source.time_zone) if "at" in draft.touch else None
    last = attribution.touch(draft.touch, source.channel, own, told or at, "attribution/last", report)
    use = called.use_of(draft, source, at)
    if use is not None:
        last = called.attributed(last, use, at, report)
    if source.defaults.attribution and not last.get("source"):
        last = attribution.with_default(last, source.defaults.attribution, at, report)
    if last:
        values["last"] = last
    if draft.first_touch:
        told = times.parse(draft.first_touch.get("at", ""), source.time_zone)
        first = attribution.touch(draft.first_touch, source.channel, own, told, "attribution/first", report)
        if first:
            values["first"] = first
    shown = called.tracking(draft.call_tracking or {}, use) if use is not None else draft.call_tracking
    if shown:
        values["call_tracking"] = {one_line(k, 100): one_line(v) for k, v in shown.items()}
    return values


def _particulars(values: Values, draft: Draft, source: SourceView, extra: Values, report: Report) -> None:
    """What only some inquiries have: a budget, a call, consent, a thread."""
    if draft.budget:
        amount = money.parse(draft.budget, draft.budget_currency, source.default_region)
        if amount:
            values["budget"] = {"amount": f"{amount[0]:.2f}", "currency": amount[1]}
            report.append(("budget", f"{amount[0]} {amount[1]}", cut(draft.budget), "amount", amount[2]))
        else:
            extra.setdefault("budget", one_line(draft.budget))
    if draft.call:
        values["call"] = _call(draft, source, report)
    if draft.consent:
        values["consent"] = _consent(draft.consent, values["occurred_at"])
    if draft.in_reply_to and (parent := one_line(draft.in_reply_to, 998)):
        values["in_reply_to"] = parent
    if draft.references:
        values["references"] = [one_line(one, 998) for one in draft.references[-50:]]


def _consent(consent: ConsentDraft, at: datetime) -> Values:
    values = {
        "given": consent.given, "purpose": said(consent.purpose), "at": consent.at or at,
        "text": (many_lines(consent.text, 4000) or None) if consent.text else None, "ip_hash": consent.ip_hash,
        "text_version": (one_line(consent.text_version, 50) or None) if consent.text_version else None,
    }  # fmt: skip
    return _by_contract(Consent, values)


def _call(draft: Draft, source: SourceView, report: Report) -> Values:
    assert draft.call is not None
    call = asdict(draft.call)
    for key, limit in (("operator", 255), ("recording_url", 2048), ("line_number", 255)):
        call[key] = said(call[key], limit) if call[key] else None
    for key, least in (("duration_seconds", 0), ("wait_seconds", 0), ("disconnect_reason", -_LARGEST)):
        call[key] = min(max(call[key], least), _LARGEST) if call[key] is not None else None
    if call["line_number"]:
        call["line_number"] = line_number(call["line_number"], source.default_region)
        report.append(("call/line_number", call["line_number"], cut(draft.call.line_number), "line", None))
    return _by_contract(Call, call)


def _by_contract(shape: type[Shape], values: Values) -> Values:
    """What a provider gave as it is, looked at by the contract: raises as the contract does."""
    return shape.model_validate(values).model_dump(exclude_none=True)


def _status(found: Found, values: Values) -> tuple[Status, str | None]:
    if found.disposition == "ignored":
        return "ignored", found.reason or "ignored"
    if found.disposition in ("pending", "update"):
        return "pending", found.reason
    if values["phones"] or values["emails"] or values.get("messengers"):
        return "ready", found.reason
    return ("ignored", "hidden_number") if "call" in values else ("interest", "no_contact")
