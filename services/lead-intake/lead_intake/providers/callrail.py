"""CallRail: calls, text messages and forms, signed by the company's key over the raw body.

There are no retries, and repeated failures switch the webhook off: what is authentic always gets 200."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import CallResult, Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import (
    CallDraft,
    Draft,
    Found,
    Provider,
    Raw,
    SourceView,
    Unreadable,
    WireAnswer,
    WireRequest,
)
from lead_intake.providers.forms import FormReader
from lead_intake.providers.telephony import merging
from lead_intake.providers.telephony.values import Values, any_of, flag, flat, kept, reach, seconds, text, touch

LIVE, ENDED = 1, 2

_CALLER = ("customer_phone_number", "callernum", "caller_number", "source_number")
_LINE = ("tracking_phone_number", "trackingnum", "tracking_number", "destination_number")
_MARKS = {
    "utm_source": ("utm_source", "source", "callsource"), "utm_medium": ("utm_medium", "medium"),
    "utm_campaign": ("utm_campaign", "campaign"), "utm_term": ("utm_term", "keywords"),
    "landing_url": ("landing_page_url", "landingpage", "landing_page"), "page_url": ("form_url",),
    "referrer": ("referring_url", "referrer", "referrer_domain"),
}  # fmt: skip
_EXTRA = {
    "keywords": "keywords", "lead_status": "lead_status", "note": "note", "tags": "tags", "first_call": "first_call",
    "company_name": "company_name", "source_name": "source_name", "customer_city": "city", "customer_state": "state",
    "customer_country": "country", "callercity": "city", "callerstate": "state", "media_urls": "media_urls",
    "business_phone_number": "business_number", "destinationnum": "business_number", "tracker_id": "tracker_id",
    "recording_duration": "recording_seconds", "conversation_id": "conversation_id",
}  # fmt: skip


class CallRail(Provider):
    """Calls, texts and forms of CallRail."""

    slug: ClassVar[str] = "callrail"
    title: ClassVar[str] = "CallRail"
    channels: ClassVar[tuple[Channel, ...]] = ("call", "form", "chat")
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = (
        "Integrations, Webhooks: this address, with the event after it (/post-call, /call-modified, ...)."
    )

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """Header `Signature` is the base64 HMAC-SHA1 of the body by the company's signing key, and not too old."""
        key = source.secrets.get("secret")
        if not key:
            return False
        expected = base64.b64encode(hmac.new(key.encode(), request.body, hashlib.sha1).digest()).decode()
        return credentials.same(request.headers.get("signature", ""), expected) and _is_fresh(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """By what it has; the event's own address (`/text-message-sent`) says what fields cannot."""
        body = bodies.parsed(request)
        if not isinstance(body, dict) or not body:
            raise Unreadable("no fields in it")
        values, event = flat(body), request.rest.strip("/").lower().replace("_", "-")
        if "form_data" in body or any_of(event, ("form",)):
            return [_form(FormReader(request, source), body, values)]
        if "content" in values and any(name in values for name in ("source_number", "destination_number")):
            return [_message(values, event, source)]
        return [_call(values, event, source, request.received_at)]

    def merge(self, found: Sequence[Found]) -> Found:
        """What the call was last said to be."""
        return merging.merged(found)

    def close(self, found: Found) -> Found:
        """Missed, if its end was never told."""
        return merging.closed(found)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """The key itself never travels; should it stand somewhere, it is hidden."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """Only the status is read."""
        return WireAnswer(200)


def _is_fresh(request: WireRequest, source: SourceView) -> bool:
    """The time inside, where there is one, is within the source's tolerance of the receipt."""
    tolerance = source.settings.signature_tolerance_s
    if tolerance is None:
        return True
    try:
        body = bodies.parsed(request)
    except Unreadable:
        return True
    told = text(body, "timestamp") if isinstance(body, dict) else None
    at = times.parse(told, source.time_zone) if told else None
    return at is None or abs((request.received_at - at).total_seconds()) <= tolerance


def _id(values: Values) -> str | None:
    return text(values, "resource_id", "id")


def _draft(values: Values) -> Draft:
    marks = {name: value for name, names in _MARKS.items() if (value := text(values, *names))}
    if "://" not in marks.get("referrer", "://"):
        marks["referrer"] = f"https://{marks['referrer']}/"
    return Draft(touch={**touch(values), **marks}, extra=kept(values, _EXTRA))


def _call(values: Values, event: str, source: SourceView, received_at: datetime) -> Found:
    entry = _id(values)
    if entry is None:
        raise Unreadable("a call without an id")
    draft = _draft(values)
    draft.full_name, draft.name_verbatim = text(values, "customer_name", "callername"), True
    began = times.parse(text(values, "start_time", "datetime") or "", source.time_zone)
    draft.occurred_at = began.replace(microsecond=0) if began else None
    reach(draft, text(values, *_CALLER), "field customer_phone_number")
    told = times.parse(text(values, "timestamp") or "", source.time_zone) or draft.occurred_at or received_at
    if not any(name in values for name in ("answered", "direction", "duration", "start_time", *_CALLER)):
        place = merging.sequence(0, told.timestamp())
        return Found(entry, "update", Draft(extra=draft.extra), "analysis", sequence=place)
    ended = flag(values, "answered") is not None or seconds(values, "duration") is not None
    draft.call = _told(values, draft, event, ended)
    if not ended or any_of(event, ("pre-call", "routing")):
        place = merging.sequence(LIVE, told.timestamp())
        return Found(entry, "pending", draft, "call_in_progress", sequence=place)
    disposition, reason = merging.meaning(draft)
    return Found(entry, disposition, draft, reason, sequence=merging.sequence(ENDED, told.timestamp()))


def _told(values: Values, draft: Draft, event: str, ended: bool) -> CallDraft:
    """The duration of a call that nobody answered is how long it rang, or that of the voicemail."""
    answered, duration = flag(values, "answered"), seconds(values, "duration")
    if answered is None:
        answered = bool(duration) and ended
    voicemail = not answered and flag(values, "voicemail") is True
    if voicemail and duration is not None:
        draft.extra["voicemail_seconds"] = duration
    result: CallResult = "answered" if answered else "voicemail" if voicemail else "missed"
    outbound = text(values, "direction", "call_type") == "outbound" or any_of(event, ("outbound",))
    return CallDraft(
        direction="outbound" if outbound else "inbound",
        result=result,
        duration_seconds=(duration if answered else 0) if ended else None,
        wait_seconds=duration if ended and not answered and not voicemail else None,
        line_number=text(values, *_LINE),
        operator=text(values, "agent_email", "agent_name"),
        recording_url=text(values, "recording", "recording_url"),
    )


def _message(values: Values, event: str, source: SourceView) -> Found:
    """A text from a client is an inquiry; our own is not."""
    draft = _draft(values)
    draft.message = text(values, "content")
    draft.occurred_at = times.parse(text(values, "timestamp", "created_at") or "", source.time_zone)
    entry = _id(values)
    told = f"{event} {text(values, 'direction') or ''} {text(values, 'message_type') or ''}"
    if any_of(told, ("sent", "outbound", "outgoing")):
        return Found(entry, "ignored", draft, "own_message")
    reach(draft, text(values, "source_number"), "field source_number")
    draft.extra["line_number"] = text(values, "destination_number")
    return Found(entry, "inquiry", draft)


def _form(reader: FormReader, body: Values, values: Values) -> Found:
    """The inputs of a form are told by their names and shapes, what they leave open by what CallRail made of them."""
    told = body.get("form_data")
    known = _draft(flat({name: value for name, value in body.items() if name != "form_data"}))
    for name, value in known.touch.items():
        reader.mark(name, value)
    reader.draft.extra |= known.extra
    reader.walk(told if isinstance(told, dict) else {})
    found = reader.found(_id(values))
    draft = found.draft
    if not draft.phones:
        reach(draft, text(values, "customer_phone_number"), "field customer_phone_number")
    if not draft.emails and (email := text(values, "customer_email")):
        draft.emails.append(Raw(email, "field customer_email"))
    draft.full_name = draft.full_name or text(values, "customer_name")
    at = text(values, "submitted_at", "timestamp") or ""
    draft.occurred_at = times.parse(at, reader.source.time_zone)
    return replace(found, disposition="inquiry", reason=None)
