"""Twilio Voice: the signature is over the address Twilio was given and the sorted parameters; answers are TwiML.

Twilio itself always "answers" an inbound call: whether a person did is told by the action of `<Dial>`."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from leadkit.contracts.inquiry import CallResult, Channel
from pydantic import Field

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import (
    CallDraft,
    Draft,
    Found,
    Provider,
    SourceView,
    Unreadable,
    WireAnswer,
    WireRequest,
)
from lead_intake.providers.settings import SourceSettings
from lead_intake.providers.telephony import merging
from lead_intake.providers.telephony.values import Values, flat, kept, reach, seconds, text

STARTED, ENDED, RECORDED, DIALLED, TALKED = range(1, 6)

_GOING = frozenset({"queued", "initiated", "ringing", "in-progress", "answered"})
_EXTRA = {
    "fromcity": "city", "fromstate": "state", "fromcountry": "country", "stirverstat": "stir_verstat",
    "forwardedfrom": "forwarded_from", "recordingsid": "recording_id", "dialcallsid": "dial_call_sid",
    "digits": "digits", "transcriptiontext": "transcription",
}  # fmt: skip
_DEFAULT_PORTS = {"https": 443, "http": 80}


class TwilioSettings(SourceSettings):
    """What Twilio needs beside the common settings."""

    forward_to: str | None = Field(
        default=None,
        max_length=255,
        pattern=r"^(\+[0-9]{6,15}|sips?:[^\s<>&\"]+)$",
        description="Number or SIP address that an incoming call is put through to, where this source is its voice URL",
    )


class Twilio(Provider):
    """Calls of Twilio numbers."""

    slug: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio Voice"
    channels: ClassVar[tuple[Channel, ...]] = ("call",)
    settings_model: ClassVar[type[SourceSettings]] = TwilioSettings
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = "The action of <Dial>, and the number's status callback; with forward_to also its voice URL."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """Header `X-Twilio-Signature`, over `public_url` or, where that is unset, the address the request came to;
        with and without the port. A body that is no form is bound by its hash in the query."""
        token, given = source.secrets.get("secret"), request.headers.get("x-twilio-signature", "")
        if not token:
            return False
        signed = _signed_parameters(request)
        if signed is None:
            return False
        right = False
        for url in _addresses(request, source):
            expected = hmac.new(token.encode(), f"{url}{signed}".encode("utf-8", "replace"), hashlib.sha1).digest()
            right |= credentials.same(given, base64.b64encode(expected).decode())
        return right

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One state of one call. Legs that Twilio dials for it are no calls of their own."""
        return [_read(_values(request), source, request.received_at)]

    def merge(self, found: Sequence[Found]) -> Found:
        """The dialled leg says whether somebody talked; the whole call's length then tells how long they waited."""
        told = merging.merged(found)
        whole, call = told.draft.extra.get("call_seconds"), told.draft.call
        dialled = told.sequence >= merging.sequence(DIALLED, 0)
        if call and dialled and isinstance(whole, int):
            told.draft.call = replace(call, wait_seconds=max(whole - (call.duration_seconds or 0), 0))
        return merging.with_recording(told)

    def close(self, found: Found) -> Found:
        """Missed, if its end was never told."""
        return merging.closed(found)

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """The token never travels; should it stand somewhere, it is hidden."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """TwiML: an incoming call is put through where the source says so, and its end asked for at this address."""
        twiml, settings = "<Response/>", source.settings
        values = _values(request)
        if isinstance(settings, TwilioSettings) and settings.forward_to and _is_incoming(values):
            twiml = f"<Response><Dial{_action(source)}>{_dialled(settings.forward_to)}</Dial></Response>"
        return WireAnswer(200, {"content-type": "text/xml"}, twiml.encode())


def _dialled(target: str) -> str:
    return f"<Sip>{escape(target)}</Sip>" if target.startswith("sip") else escape(target)


def _action(source: SourceView) -> str:
    """Where Twilio tells how the dialling ended: the same door (an address without a host is of the same one)."""
    registered = _registered(source)
    url = registered[0] if registered else f"/in/{source.key}" if source.key else ""
    return f" action={quoteattr(url)}" if url else ""


def _is_incoming(values: Values) -> bool:
    return (
        text(values, "callstatus") == "ringing"
        and text(values, "direction") == "inbound"
        and text(values, "callbacksource") is None
        and "dialcallstatus" not in values
    )


def _registered(source: SourceView) -> list[str]:
    told = source.settings.public_url
    return [told] if isinstance(told, str) else list(told or ())


def _addresses(request: WireRequest, source: SourceView) -> Iterator[str]:
    """The addresses that may have been signed."""
    registered = _registered(source)
    if not registered and (host := request.headers.get("x-forwarded-host") or request.headers.get("host")):
        query = f"?{request.query}" if request.query else ""
        registered = [f"{scheme}://{host}/in/{source.key}{request.rest}{query}" for scheme in ("https", "http")]
    elif "bodySHA256=" in request.query:
        registered = [f"{url.partition('?')[0]}?{request.query}" for url in registered]
    for url in registered:
        yield from _with_and_without_port(url)


def _with_and_without_port(url: str) -> tuple[str, ...]:
    """Twilio signs the address with its port or without, as it pleases."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return (url,)
    user, at, host = parts.netloc.rpartition("@")
    host = host if host.endswith("]") else host.rpartition(":")[0] or host
    bare = urlunsplit(parts._replace(netloc=f"{user}{at}{host}"))
    return url, bare, urlunsplit(parts._replace(netloc=f"{user}{at}{host}:{port}"))


def _signed_parameters(request: WireRequest) -> str | None:
    """What of the request is signed after its address; None when the body is not the one whose hash was signed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and kind != "application/x-www-form-urlencoded":
        told = parse_qs(request.query).get("bodySHA256", [""])[0]
        return "" if credentials.same(told.lower(), hashlib.sha256(request.body).hexdigest()) else None
    try:
        pairs = bodies.urlencoded(request.body, "utf-8")
    except Unreadable:
        return None
    return "".join(name + value for name, value in _sorted(pairs))


def _sorted(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """By the bytes of the names; of a name that is repeated each value once, sorted."""
    return sorted(set(pairs), key=lambda pair: (pair[0].encode("utf-8", "replace"), pair[1]))


def _values(request: WireRequest) -> Values:
    """The parameters of the body, else (GET) of the query."""
    try:
        body = bodies.parsed(request)
    except Unreadable:
        body = {}
    query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    return flat({**query, **body}) if isinstance(body, dict) else flat(query)


def _read(values: Values, source: SourceView, received_at: datetime) -> Found:
    if text(values, "parentcallsid"):
        return Found(None, "ignored", Draft(), "leg_of_a_call")
    entry = text(values, "callsid")
    if entry is None and (message := text(values, "messagesid", "smssid", "smsmessagesid")):
        return _message(values, message, received_at)
    if entry is None:
        raise Unreadable("a notice without CallSid")
    draft = _draft(values, source, received_at)
    at = (draft.occurred_at or received_at).timestamp()
    if "callstatus" not in values and "dialcallstatus" not in values and "direction" not in values:
        recorded = Draft(extra=draft.extra)
        if url := text(values, "recordingurl"):
            recorded.extra[merging.RECORDING] = url
        return Found(entry, "update", recorded, "recording", sequence=merging.sequence(0, at))
    rank, result = _state(values)
    draft.call = CallDraft(
        direction="outbound" if str(values.get("direction", "")).startswith("outbound") else "inbound",
        result=result,
        duration_seconds=_talked(values, rank, result),
        line_number=text(values, "to", "called"),
        recording_url=text(values, "recordingurl"),
    )
    if draft.call.direction == "outbound":
        draft.call.line_number = text(values, "from", "caller")
    if rank == STARTED:
        return Found(entry, "pending", draft, "call_in_progress", sequence=merging.sequence(rank, at))
    disposition, reason = merging.meaning(draft)
    return merging.with_recording(Found(entry, disposition, draft, reason, sequence=merging.sequence(rank, at)))


def _message(values: Values, entry: str, received_at: datetime) -> Found:
    """A text that came to the number; what becomes of ours is told by `MessageStatus`."""
    draft = Draft(message=text(values, "body"), occurred_at=received_at, extra=kept(values, _EXTRA))
    if "messagestatus" in values or str(values.get("direction", "")).startswith("outbound"):
        return Found(None, "ignored", draft, "own_message")
    reach(draft, text(values, "from"), "field From")
    draft.extra["line_number"] = text(values, "to")
    return Found(entry, "inquiry", draft)


def _draft(values: Values, source: SourceView, received_at: datetime) -> Draft:
    outbound = str(values.get("direction", "")).startswith("outbound")
    told = times.parse(text(values, "timestamp") or "", source.time_zone)
    draft = Draft(
        full_name=None if outbound else text(values, "callername"),
        name_verbatim=True,
        occurred_at=told or received_at,
        extra=kept(values, _EXTRA),
    )
    if (whole := seconds(values, "callduration")) is not None:
        draft.extra["call_seconds"] = whole
    names = ("to", "called") if outbound else ("from", "caller")
    reach(draft, text(values, *names), f"field {names[0].title()}")
    return draft


def _state(values: Values) -> tuple[int, CallResult]:
    """How far the call is and what came of it: who is recorded by `<Record>` spoke to a machine. Without a dialled leg
    a completed call was answered, as far as is known."""
    dialled, status = text(values, "dialcallstatus"), text(values, "callstatus")
    if dialled is not None:
        talked = dialled in ("completed", "answered")
        return (TALKED, "answered") if talked else (DIALLED, "missed")
    if "recordingurl" in values and "recordingduration" in values:
        return RECORDED, "missed"
    if status in _GOING:
        return STARTED, "missed"
    return ENDED, "answered" if status == "completed" and (seconds(values, "callduration") or 0) > 0 else "missed"


def _talked(values: Values, rank: int, result: CallResult) -> int | None:
    if rank == STARTED:
        return None
    if result == "missed":
        return 0
    return seconds(values, "dialcallduration" if rank >= DIALLED else "callduration")
