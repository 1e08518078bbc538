"""A call as JSON or a form of whatever system: told by the usual names of its parts, in English and Russian."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadkit.contracts.inquiry import CallResult

from lead_intake.normalising import times
from lead_intake.providers.base import CallDraft, Found, SourceView, WireRequest
from lead_intake.providers.forms import FormReader
from lead_intake.providers.telephony import merging
from lead_intake.providers.telephony.values import Values, any_of, flag, flat, reach, seconds, text

_ID = ("call_id", "callid", "uniqueid", "unique_id", "linkedid", "callsid", "call_session_id", "session_id", "entry_id")
_CALLER = (
    "caller", "caller_number", "callernumber", "caller_id", "callerid", "callerphone", "from", "from_number", "src",
    "ani", "client_phone", "client_number", "номер клиента", "кто звонил",
)  # fmt: skip
_CALLED = (
    "called", "called_number", "callednumber", "callee", "to", "to_number", "line_number", "line", "did", "dst", "dnis",
    "virtual_number", "virtual_phone_number", "destination", "destination_number", "куда звонили", "линия",
)  # fmt: skip
_DIRECTION = ("direction", "call_direction", "call_type", "calltype", "type", "направление")
_RESULT = ("result", "call_result", "status", "call_status", "disposition", "state", "answered", "результат", "статус")
_TALK = (
    "duration_seconds", "talk_seconds", "talk_time", "talktime", "talk_duration", "billsec", "duration",
    "call_duration", "длительность",
)  # fmt: skip
_WAIT = ("wait_seconds", "wait_time", "waittime", "wait_duration", "wait", "waiting", "ожидание")
_RECORDING = ("recording_url", "record_url", "recording", "record", "recording_link", "record_link", "запись")
_OPERATOR = ("operator", "operator_name", "agent", "agent_name", "employee", "manager", "extension", "оператор")
_START = ("start_time", "started_at", "start", "call_time", "calltime", "calldate", "time", "date", "дата", "время")
PARTIES = frozenset({*_CALLER, *_CALLED})
_TELLING = PARTIES | {*_ID, *_TALK, *_WAIT, "direction", "call_direction", "disposition", "answered", "направление"}
"""What only a call has: a status, a manager or a type have other things too."""
_PARTS = frozenset({"call", *_ID, *_CALLER, *_CALLED, *_DIRECTION, *_RESULT, *_TALK, *_WAIT, *_RECORDING, *_OPERATOR})

_OUT, _INSIDE = ("out", "исх"), ("internal", "внутр")
_WORD = re.compile(r"[^\W_]+")
_NO = frozenset({"no", "not", "none", "false", "0", "нет", "не"})
_MISSED = (
    "noanswer", "miss", "lost", "busy", "fail", "cancel", "abandon", "reject", "unanswer", "unsuccess", "пропущ",
    "потер", "занят", "сброш", "неотвеч", "неприн", "неусп",
)  # fmt: skip
_ANSWERED = ("answer", "complet", "success", "connect", "talk", "true", "yes", "ok", "отвеч", "прин", "успеш", "да")
_VOICEMAIL = ("voicemail", "голосов", "автоответ")


def read(request: WireRequest, source: SourceView, record: Mapping[str, Any], shared: Mapping[str, Any]) -> Found:
    """The one call in a record. What is no part of it is read like a form's fields; without any part it is a form."""
    reader, values = FormReader(request, source), {**flat(record), **_parties(record)}
    if _TELLING.isdisjoint(values) and "call" not in record:
        return reader.read(record, shared)
    found = reader.read({key: value for key, value in record.items() if key.lower() not in _PARTS}, shared)
    draft, told = found.draft, text(values, *_DIRECTION)
    outbound = any_of(told, _OUT)
    draft.call = _call(values, outbound=outbound)
    ours, theirs = (_CALLER, _CALLED) if outbound else (_CALLED, _CALLER)
    if not draft.phones:
        reach(draft, text(values, *theirs), f"field {theirs[0]}")
    draft.call.line_number = text(values, *ours)
    if draft.occurred_at is None and (at := text(values, *_START)):
        draft.occurred_at = times.parse(at, source.time_zone)
    disposition, reason = merging.meaning(draft)
    if any_of(told, _INSIDE):
        disposition, reason = "ignored", "internal_call"
    entry = text(values, *_ID) or found.external_id
    return replace(found, external_id=entry, disposition=disposition, reason=reason)


def _parties(record: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of sides that came as objects: `"from": {"number": "..."}`."""
    sides = {name: value for name, value in record.items() if isinstance(value, dict) and name in PARTIES}
    return {name: text(flat(value), "number", "phone", "phone_number", "uri") for name, value in sides.items()}


def _call(values: Values, *, outbound: bool) -> CallDraft:
    talk, recording = seconds(values, *_TALK), text(values, *_RECORDING)
    answered = flag(values, "answered", "is_answered")
    result = _result(text(values, *_RESULT) if answered is None else str(answered), talk)
    return CallDraft(
        direction="outbound" if outbound else "inbound",
        result=result,
        duration_seconds=talk if result == "answered" else 0,
        wait_seconds=seconds(values, *_WAIT),
        operator=text(values, *_OPERATOR),
        recording_url=recording if recording and "://" in recording else None,
    )


def _result(told: str | None, talk: int | None) -> CallResult:
    """In words, else by whether anybody talked."""
    words = _WORD.findall((told or "").casefold())
    if any(word.startswith(_VOICEMAIL) for word in words):
        return "voicemail"
    if any(word in _NO or word.startswith(_MISSED) for word in words):
        return "missed"
    if any(word.startswith(_ANSWERED) for word in words):
        return "missed" if talk == 0 else "answered"
    return "answered" if talk else "missed"
