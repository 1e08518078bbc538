"""MANGO OFFICE virtual PBX (API Realtime): several notices of one call, in any order, make one submission.

The sign is a plain SHA-256 of key, json and salt over the json exactly as decoded from the form."""

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, ConfigDict, Field

from lead_intake.normalising.phones import international
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import (
    CallDraft,
    Disposition,
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
from lead_intake.providers.telephony.values import HIDDEN

Kind = Literal["call", "summary", "recording", "record/added", "record/tagged", "dtmf", "sms", "ping"]
Event = Mapping[str, Any]

_KINDS: tuple[Kind, ...] = ("call", "summary", "recording", "record/added", "record/tagged", "dtmf", "sms", "ping")
_TRACKING = {1: "dynamic", 2: "static"}
_INTERNAL, _INBOUND, _OUTBOUND = 0, 1, 2
_BLACK_LISTED = 1151
_THREE_HOURS, _TWO_MINUTES = 10800, 120
_SEQ = 1000


class MangoSecrets(BaseModel):
    """Both stand in the cabinet under API of the virtual PBX."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vpbx_api_key: str | None = Field(default=None, max_length=255, description="Unique code of the PBX")
    vpbx_api_salt: str | None = Field(default=None, max_length=255, description="Key for making the sign")


class MangoOffice(Provider):
    """Calls of a MANGO OFFICE PBX."""

    slug: ClassVar[str] = "mango_office"
    title: ClassVar[str] = "MANGO OFFICE"
    channels: ClassVar[tuple[Channel, ...]] = ("call",)
    secrets_model: ClassVar[type[BaseModel]] = MangoSecrets
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = "Cabinet of the virtual PBX, Integrations, API connection: address of the external system."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The sign is right and made with our key; without both secrets nothing is authentic but the test of
        the connection, which says nothing."""
        if _path(request.rest) == "ping":
            return True
        key, salt = source.secrets.get("vpbx_api_key"), source.secrets.get("vpbx_api_salt")
        if not key or not salt:
            return False
        try:
            fields = dict(bodies.urlencoded(request.body, "utf-8"))
        except Unreadable:
            return False
        signed = f"{key}{fields.get('json', '')}{salt}".encode("utf-8", "surrogatepass")
        expected = hashlib.sha256(signed).hexdigest()
        ours = credentials.same(str(fields.get("vpbx_api_key", "")), key)
        return credentials.same(str(fields.get("sign", "")).lower(), expected) and ours

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One event of one call. A `ping` and what is no call are ignored."""
        event: Event = {} if _path(request.rest) == "ping" else _event(request)
        kind = _kind(request.rest, event)
        if kind in ("ping", "sms"):
            return [Found(None, "ignored", Draft(), "ping" if kind == "ping" else "sms_status")]
        entry = _text(event.get("entry_id"))
        if not entry:
            raise Unreadable("a notice without entry_id")
        found = _READERS[kind](entry, event)
        _doubt_clock(found, event, request)
        return [found]

    def merge(self, found: Sequence[Found]) -> Found:
        """The summary says what the call was; until it is there the legs do. Recordings and key presses are added."""
        events = merging.in_order(found)
        summaries = [one for one in events if one.disposition in ("inquiry", "ignored")]
        legs = [one for one in events if one.disposition == "pending"]
        merged = deepcopy(summaries[-1] if summaries else _of_legs(legs) if legs else events[0])
        if not summaries:
            merged.disposition = "pending"
        merged.draft.extra = {}
        for one in events:
            _add_extra(merged.draft, one.draft)
        call = merged.draft.call
        if summaries and call and call.result == "missed" and "recording_id" in merged.draft.extra:
            merged.draft.call = replace(call, result="voicemail")
        return merged

    def close(self, found: Found) -> Found:
        """A call whose summary never came: missed unless a leg was connected; a recording alone is ignored."""
        call = found.draft.call
        if call is None:
            return replace(found, disposition="ignored", reason="incomplete_call")
        if call.direction == "outbound":
            return replace(found, disposition="ignored", reason="outbound_call")
        disposition, reason = _inbound(found.draft)
        return replace(found, disposition=disposition, reason=reason)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the PBX's key; the sign gives nothing away without the salt."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """Only the status is read."""
        return WireAnswer(200)


def _path(rest: str) -> str:
    return rest.strip("/").lower().removeprefix("events/")


def _event(request: WireRequest) -> Event:
    fields = dict(bodies.urlencoded(request.body, "utf-8"))
    text = fields.get("json", "")
    event = bodies.exact_json(text) if text else {}
    if not isinstance(event, dict):
        raise Unreadable("the notice is no object")
    return event


def _kind(rest: str, event: Event) -> Kind:
    """By the address; a PBX that posts everything to one address is told by the fields."""
    path = _path(rest)
    for kind in _KINDS:
        if path == kind:
            return kind
    if "create_time" in event or "entry_result" in event:
        return "summary"
    if "call_state" in event:
        return "call"
    if "recording_id" in event:
        return "recording" if "recording_state" in event else "record/added"
    if "dtmf" in event:
        return "dtmf"
    return "ping" if "entry_id" not in event else "record/tagged"


def _summary(entry: str, event: Event) -> Found:
    direction = _direction(event)
    created, talk, ended = (_number(event.get(name)) or 0 for name in ("create_time", "talk_time", "end_time"))
    to, caller = _party(event, "to"), _party(event, "from")
    call = CallDraft(
        direction="outbound" if direction == _OUTBOUND else "inbound",
        result="answered" if talk > 0 else "missed",
        duration_seconds=max(ended - talk, 0) if talk > 0 and ended else 0,
        wait_seconds=max((talk if talk > 0 else ended) - created, 0) if created and (talk > 0 or ended) else None,
        line_number=_text(event.get("line_number")),
        operator=_text((caller if direction == _OUTBOUND else to).get("extension")),
        disconnect_reason=_number(event.get("disconnect_reason")),
    )
    draft = Draft(call=call, occurred_at=_moment(created), call_tracking=_tracking(event))
    _contact(draft, to if direction == _OUTBOUND else caller, "to.number" if direction == _OUTBOUND else "from.number")
    disposition, reason = _meaning(direction, draft)
    return Found(entry, disposition, draft, reason, sequence=ended * _SEQ + _SEQ - 1)


def _direction(event: Event) -> int:
    """As told, else by who has an extension: only employees do."""
    told = _number(event.get("call_direction"))
    if told in (_INTERNAL, _INBOUND, _OUTBOUND):
        return told
    if not _party(event, "from").get("extension"):
        return _INBOUND
    return _INTERNAL if _party(event, "to").get("extension") else _OUTBOUND


def _meaning(direction: int, draft: Draft) -> tuple[Disposition, str | None]:
    if direction == _INTERNAL:
        return "ignored", "internal_call"
    if direction == _OUTBOUND:
        return "ignored", "outbound_call"
    return _inbound(draft)


def _inbound(draft: Draft) -> tuple[Disposition, str | None]:
    if not draft.phones and not draft.messengers:
        return "ignored", "hidden_number"
    if draft.call and draft.call.disconnect_reason == _BLACK_LISTED:
        return "ignored", "blacklisted_caller"
    return "inquiry", None


def _leg(entry: str, event: Event) -> Found:
    """The state of one leg: who calls whom is told by who has an extension."""
    to, caller = _party(event, "to"), _party(event, "from")
    outbound = bool(caller.get("extension"))
    call = CallDraft(
        direction="outbound" if outbound else "inbound",
        result="answered" if _text(event.get("call_state")) == "Connected" and not _in_menu(event) else "missed",
        line_number=_text(to.get("line_number") or event.get("line_number")),
        operator=_text((caller if outbound else to).get("extension")),
        disconnect_reason=_number(event.get("disconnect_reason")),
    )
    draft = Draft(call=call, occurred_at=_moment(_number(event.get("timestamp"))), call_tracking=_tracking(event))
    _contact(draft, to if outbound else caller, "to.number" if outbound else "from.number")
    return Found(entry, "pending", draft, "call_in_progress", sequence=_place(event))


def _place(event: Event) -> int:
    """The order of events: by their second, within it by the leg's own counter."""
    return (_number(event.get("timestamp")) or 0) * _SEQ + min(_number(event.get("seq")) or 0, _SEQ - 2)


def _in_menu(event: Event) -> bool:
    return _text(event.get("location")) in ("ivr", "queue")


def _recording(entry: str, event: Event) -> Found:
    """A recording that is kept; one that just began or was too short says nothing yet."""
    state, code = _text(event.get("recording_state")), _number(event.get("completion_code"))
    draft = Draft(occurred_at=_moment(_number(event.get("timestamp"))))
    if state in (None, "Completed") and code in (None, 1000):
        draft.extra["recording_id"] = _text(event.get("recording_id"))
    return Found(entry, "update", draft, "recording", sequence=_place(event))


def _pressed(entry: str, event: Event) -> Found:
    draft = Draft(occurred_at=_moment(_number(event.get("timestamp"))), extra={"dtmf": _text(event.get("dtmf")) or ""})
    return Found(entry, "update", draft, "dtmf", sequence=_place(event))


def _tagged(entry: str, event: Event) -> Found:
    return Found(entry, "update", Draft(), "tagged", sequence=_place(event))


_READERS = {
    "call": _leg, "summary": _summary, "recording": _recording, "record/added": _recording, "record/tagged": _tagged,
    "dtmf": _pressed,
}  # fmt: skip


def _of_legs(legs: Sequence[Found]) -> Found:
    """What the legs tell together: the first one's time, whoever is known, answered when any leg was."""
    merged = deepcopy(next((leg for leg in legs if leg.draft.phones or leg.draft.messengers), legs[0]))
    merged.draft.occurred_at = legs[0].draft.occurred_at
    spoke = [leg.draft.call.operator for leg in legs if leg.draft.call and leg.draft.call.result == "answered"]
    if merged.draft.call and any(spoke):
        merged.draft.call = replace(merged.draft.call, operator=[one for one in spoke if one][-1])
    if merged.draft.call and any(leg.draft.call and leg.draft.call.result == "answered" for leg in legs):
        merged.draft.call = replace(merged.draft.call, result="answered")
    return merged


def _add_extra(draft: Draft, other: Draft) -> None:
    """One recording is told as it is; of several the last stands beside the list of all."""
    for key, value in other.extra.items():
        if key == "recording_id" and value and draft.extra.get(key) not in (None, value):
            ids = dict.fromkeys([*draft.extra.get("recording_ids", [draft.extra[key]]), value])
            draft.extra["recording_ids"] = list(ids)
            draft.extra[key] = value
        elif key == "dtmf":
            draft.extra[key] = str(draft.extra.get(key, "")) + str(value)
        elif value:
            draft.extra.setdefault(key, value)


def _contact(draft: Draft, party: Event, origin: str) -> None:
    """The other side's number; their own SIP address reaches them too, an employee's device is nobody's."""
    number = _text(party.get("number")) or ""
    if number.lower().startswith("sip:"):
        if not party.get("extension") and number[4:].partition("@")[0].lower() not in HIDDEN:
            draft.messengers.append(("sip", number[4:]))
    elif number.lower() not in HIDDEN and len(number) > 5:
        draft.phones.append(Raw(international(number), origin))


def _tracking(event: Event) -> dict[str, str] | None:
    tracked = event.get("dct")
    kind = _TRACKING.get(_number(tracked.get("type")) or 0) if isinstance(tracked, dict) else None
    if kind is None or not isinstance(tracked, dict):
        return None
    number = _text(tracked.get("number")) or ""
    return {"number": f"+{number}" if number.isdigit() and len(number) >= 11 else number, "type": kind}


def _doubt_clock(found: Found, event: Event, request: WireRequest) -> None:
    """The vendor calls its stamps UTC+3 in places: a difference of three hours to the receipt is worth a warning."""
    stamp = _number(event.get("end_time")) or _number(event.get("timestamp"))
    if stamp and abs(abs(stamp - request.received_at.timestamp()) - _THREE_HOURS) <= _TWO_MINUTES:
        found.draft.warnings.append("the PBX's clock differs from the time of receipt by three hours")


def _party(event: Event, name: str) -> Event:
    party = event.get(name)
    return party if isinstance(party, dict) else {}


def _number(value: Any) -> int | None:
    """Numbers come quoted or not."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < 100_000_000_000 else None
