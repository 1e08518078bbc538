"""UIS, CoMagic and Novofon, one platform: notices whose body the customer writes, so names count, at any depth.

Several notices share one `call_session_id`. Nothing is signed: the secret stands in the template or the URL."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import CallResult, Channel

from lead_intake.normalising import times
from lead_intake.providers import credentials
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

RINGING, TALKING, LOST, FINISHED = range(1, 5)

_ID = ("call_session_id", "callsessionid", "session_id", "communication_id")
_CALLER = ("contact_phone_number", "contact_phone", "caller_phone_number", "caller_number", "phone_number", "phone")
_LINE = ("virtual_phone_number", "virtual_number", "called_phone_number", "line_number")
_TOTAL = ("total_time_duration", "total_duration", "call_duration")
_TALK = ("talk_time_duration", "clean_talk_duration", "talk_duration")
_WAIT = ("wait_time_duration", "total_wait_duration", "wait_duration")
_RECORDING = ("file_link", "record_file_link", "full_record_file_link", "call_record_link")
_EXTRA = {
    "communication_number": "communication_number", "contact_id": "contact_id", "employee_id": "employee_id",
    "scenario_name": "scenario_name", "tag_names": "tags", "call_source": "call_source", "search_query": "search_query",
    "site_domain_name": "site", "file_duration": "recording_seconds", "call_record_duration": "recording_seconds",
    "notification_name": "notification_name",
}  # fmt: skip
_LOST_WORDS = ("lost", "missed", "потер", "пропущ")
_FINISHED_WORDS = ("finish", "complete", "заверш", "оконч")
_RECORDED_WORDS = ("record", "запис")
_ANSWERED_WORDS = ("answer", "ответ", "talk")
_OUT_WORDS = ("исходящ", "outgoing", "outbound")


class Uis(Provider):
    """Calls and site requests of UIS, CoMagic and Novofon."""

    slug: ClassVar[str] = "uis"
    title: ClassVar[str] = "UIS, CoMagic, Novofon"
    channels: ClassVar[tuple[Channel, ...]] = ("call", "form", "chat")
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = 'Notifications, HTTP: this address, and in the body template "integration_key": your secret.'

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The constant that the customer put into the template (`integration_key`) or the URL."""
        return carries_secret(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """A notice of a call, or a request from the site. A test whose template was not filled in is ignored."""
        try:
            notices = records(request)
        except Unreadable:
            if b"{{" in request.body:
                return [Found(None, "ignored", Draft(), "test_notice")]
            raise
        return [_read(notice, request, source) for notice in notices]

    def merge(self, found: Sequence[Found]) -> Found:
        """The last word counts; a missed call that left a recording is a voicemail."""
        return merging.with_recording(merging.merged(found))

    def close(self, found: Found) -> Found:
        """Missed, unless it was told that somebody answered."""
        return merging.closed(found)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the constant."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """Only the status is read."""
        return WireAnswer(200)


def _read(notice: Values, request: WireRequest, source: SourceView) -> Found:
    if any("{{" in str(notice.get(name, "")) for name in (*_ID, *_CALLER, *_LINE)):
        return Found(None, "ignored", Draft(), "test_notice")
    session = text(notice, *_ID)
    draft = _draft(notice, source)
    if session is None and not _is_call(notice):
        return _site_request(notice, draft)
    entry = session or text(notice, "external_id")
    if entry is None:
        raise Unreadable("a notice without call_session_id")
    at = draft.occurred_at or request.received_at
    rank = _rank(notice)
    if rank is None:
        place = merging.sequence(0, at.timestamp())
        return Found(entry, "update", _addition(draft, notice), "recording", sequence=place)
    draft.call = _call(notice, rank)
    draft.occurred_at = at
    place = merging.sequence(rank, at.timestamp())
    if rank < LOST:
        return Found(entry, "pending", draft, "call_in_progress", sequence=place)
    disposition, reason = merging.meaning(draft)
    return merging.with_recording(Found(entry, disposition, draft, reason, sequence=place))


def _is_call(notice: Values) -> bool:
    return any(name in notice for name in (*_LINE, *_TALK, *_TOTAL, *_WAIT, *_RECORDING, "direction"))


def _draft(notice: Values, source: SourceView) -> Draft:
    draft = Draft(
        full_name=text(notice, "contact_full_name", "contact_name", "visitor_name"),
        occurred_at=times.parse(text(notice, "notification_time", "start_time", "call_time") or "", source.time_zone),
        touch=touch(notice),
        extra=kept(notice, _EXTRA),
    )
    visitor = text(notice, "visitor_id", "visitor_session_id")
    if visitor:
        draft.touch.setdefault("comagic_id", visitor)
    reach(draft, text(notice, *_CALLER), "field contact_phone_number")
    email = text(notice, "contact_email", "visitor_email", "email")
    if email:
        draft.emails.append(Raw(email, "field contact_email"))
    return draft


def _addition(draft: Draft, notice: Values) -> Draft:
    """A recording that comes afterwards says nothing of when the call was."""
    draft.occurred_at = None
    if url := text(notice, *_RECORDING):
        draft.extra[merging.RECORDING] = url
    draft.extra.pop("notification_name", None)
    return draft


def _rank(notice: Values) -> int | None:
    """How far the call is, told by what the notice has, else by its names; None: it only adds to the call."""
    named = " ".join(str(notice.get(name, "")) for name in ("event", "event_name", "notification_name", "call_status"))
    if any(name in notice for name in (*_TALK, *_TOTAL)):
        return FINISHED
    if any(name in notice for name in _WAIT) or flag(notice, "is_lost") or any_of(named, _LOST_WORDS):
        return LOST
    if any(name in notice for name in _RECORDING) or any_of(named, _RECORDED_WORDS):
        return None
    if any_of(named, _FINISHED_WORDS):
        return FINISHED
    return TALKING if any_of(named, _ANSWERED_WORDS) else RINGING


def _call(notice: Values, rank: int) -> CallDraft:
    talk = seconds(notice, *_TALK)
    named = f"{notice.get('event', '')} {notice.get('notification_name', '')}"
    outbound = any_of(str(notice.get("direction", "")), ("out", "исх")) or any_of(named, _OUT_WORDS)
    result: CallResult = "answered" if (talk or 0) > 0 or rank == TALKING else "missed"
    wait = seconds(notice, *_WAIT)
    total = seconds(notice, *_TOTAL)
    if wait is None and total is not None and rank >= LOST:
        wait = max(total - (talk or 0), 0)
    return CallDraft(
        direction="outbound" if outbound else "inbound",
        result=result,
        duration_seconds=None if rank < LOST else talk or 0,
        wait_seconds=wait,
        line_number=text(notice, *_LINE),
        operator=text(notice, "employee_full_name", "extension_phone_number", "employee_id"),
        recording_url=text(notice, *_RECORDING),
    )


def _site_request(notice: Values, draft: Draft) -> Found:
    """A form or an offline message of the site: it has a contact and a text, and nothing of a call."""
    draft.message = text(notice, "message", "text", "comment", "offline_message")
    draft.subject = text(notice, "form_name", "subject")
    if not draft.phones and not draft.emails and not draft.message:
        raise Unreadable("neither a call nor a request of the site")
    return Found(text(notice, "external_id", "chat_id", "goal_id"), "inquiry", draft)
