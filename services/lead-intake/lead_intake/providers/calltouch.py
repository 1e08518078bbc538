"""Calltouch: calls, requests and chats of tracked visitors, by GET or POST with whatever fields the cabinet ticks.

Nothing is signed: the secret stands in the URL."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import CallResult, Channel

from lead_intake.normalising import times
from lead_intake.normalising.text import is_placeholder
from lead_intake.providers import credentials
from lead_intake.providers.base import (
    CallDraft,
    Draft,
    Found,
    Provider,
    Raw,
    SourceView,
    WireAnswer,
    WireRequest,
    plain,
)
from lead_intake.providers.telephony import merging
from lead_intake.providers.telephony.values import (
    Values,
    any_of,
    carries_secret,
    flag,
    kept,
    reach,
    records,
    seconds,
    text,
    touch,
)

CONNECTED, ENDED = 1, 2

_CALLER = ("callerphone", "phone", "clientphone", "contactphone")
_MARKS = {
    "utm_source": ("utm_source", "source"), "utm_medium": ("utm_medium", "medium"),
    "utm_campaign": ("utm_campaign", "campaign"), "utm_content": ("utm_content",),
    "utm_term": ("utm_term", "keyword", "keywords"), "landing_url": ("url", "landingpage"), "referrer": ("ref",),
    "_ct_session_id": ("sessionid", "_ct_session_id"), "ga_client_id": ("clientid", "gacid"),
    "ym_client_id": ("yaclientid", "yacid"),
}  # fmt: skip
_EXTRA = {
    "siteid": "site_id", "redirectnumber": "redirect_number", "status": "status", "callphase": "call_phase",
    "tags": "tags", "subject": "subject", "city": "city",
}  # fmt: skip


class Calltouch(Provider):
    """Calls and requests of Calltouch."""

    slug: ClassVar[str] = "calltouch"
    title: ClassVar[str] = "Calltouch"
    channels: ClassVar[tuple[Channel, ...]] = ("call", "form", "chat")
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = "Integrations, Webhooks: this address with ?secret= and your secret."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret that was put into the registered URL."""
        return carries_secret(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """A call or a request. A test sends the names of the fields in braces."""
        return [_read(notice, source, request.received_at) for notice in records(request)]

    def merge(self, found: Sequence[Found]) -> Found:
        """The call's end counts, whenever it came."""
        return merging.merged(found)

    def close(self, found: Found) -> Found:
        """Missed, if its end was never told."""
        return merging.closed(found)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the secret."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """`ok`, as the cabinet's test shows it."""
        return plain("ok")


def _read(notice: Values, source: SourceView, received_at: datetime) -> Found:
    if any(_is_macro(notice.get(name)) for name in ("id", "requestnumber", *_CALLER)):
        return Found(None, "ignored", Draft(), "test_macros")
    draft = _draft(notice, source)
    kind = str(notice.get("leadtype", "")).lower()
    if any_of(kind, ("request", "order", "chat", "заявк", "чат")) or "requestnumber" in notice:
        return _asked(notice, draft, kind)
    if any_of(kind, ("deal", "сделк")) or "dealid" in notice:
        return Found(None, "ignored", draft, "deal")
    draft.call = _call(notice)
    at = (draft.occurred_at or received_at).timestamp()
    if any_of(text(notice, "callphase"), ("connected", "started", "incoming")):
        place = merging.sequence(CONNECTED, at)
        return Found(_id(notice), "pending", draft, "call_in_progress", sequence=place)
    disposition, reason = merging.meaning(draft)
    return Found(_id(notice), disposition, draft, reason, sequence=merging.sequence(ENDED, at))


def _is_macro(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{") and is_placeholder(value)


def _id(notice: Values) -> str | None:
    """The call's own id, else who called which line when."""
    own = text(notice, "id", "callid", "ctcallerid")
    if own:
        return own
    parts = [text(notice, *names) for names in (_CALLER, ("phonenumber",), ("timestamp", "calltime"))]
    if parts[0] is None or parts[2] is None:
        return None
    return "call:" + hashlib.sha256("\x1f".join([part or "" for part in parts]).encode()).hexdigest()[:32]


def _draft(notice: Values, source: SourceView) -> Draft:
    when = text(notice, "timestamp", "calltime", "requestdate", "date") or ""
    marks = {name: value for name, names in _MARKS.items() if (value := text(notice, *names))}
    draft = Draft(
        full_name=text(notice, "fio", "name", "clientname"),
        occurred_at=times.parse(when, source.time_zone),
        touch={**{name: value for name, value in touch(notice).items() if name not in ("url", "client_id")}, **marks},
        extra=kept(notice, _EXTRA),
    )
    if (unique := flag(notice, "unique")) is not None:
        draft.extra["unique_caller"] = unique
    reach(draft, text(notice, *_CALLER), "field callerphone")
    email = text(notice, "email")
    if email:
        draft.emails.append(Raw(email, "field email"))
    return draft


def _call(notice: Values) -> CallDraft:
    """Answered if somebody talked; without a duration the phase tells it, then whether it was a target call."""
    phase, duration = text(notice, "callphase"), seconds(notice, "duration")
    lost = any_of(phase, ("lost", "missed"))
    if duration is not None:
        answered = duration > 0 and not lost
    elif phase is not None:
        answered = not lost
    else:
        answered = flag(notice, "successful") or text(notice, "status") == "successful"
    result: CallResult = "answered" if answered else "missed"
    going = any_of(phase, ("connected", "started", "incoming"))
    return CallDraft(
        direction="inbound",
        result=result,
        duration_seconds=None if going else duration if answered else 0,
        wait_seconds=seconds(notice, "waitingtime", "waitingconnect"),
        line_number=text(notice, "phonenumber"),
        operator=text(notice, "manager", "operator", "extension"),
        recording_url=text(notice, "reclink", "recordlink"),
    )


def _asked(notice: Values, draft: Draft, kind: str) -> Found:
    """A request or a chat: it has a number of its own, which is no call's."""
    if not draft.phones:
        reach(draft, text(notice, "phonenumber"), "field phonenumber")
    draft.message = text(notice, "comment", "message", "text")
    draft.subject = text(notice, "subject")
    number = text(notice, "requestnumber", "requestid", "chatid", "id")
    what = "chat" if any_of(kind, ("chat", "чат")) else "request"
    return Found(f"{what}:{number}" if number else None, "inquiry", draft)
