"""Jivo: chats, offline messages and calls. The events of one chat make one submission, which is complete when a contact
is known or the chat is over. No signature; no time but in the messages."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import CallDraft, Draft, Found, SourceView, WireAnswer, WireRequest, json_answer
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_STAGES = (
    "chat_accepted",
    "chat_assigned",
    "client_attribute_updated",
    "client_updated",
    "chat_updated",
    "chat_finished",
)
_DEFAULT_NAME = re.compile(r"(?:посетитель|клиент|гость|visitor|client|guest)[\s№#]*\d*", re.IGNORECASE)
_CONNECTED = {"incoming": ("agent_connected", "client_connected"), "callback": ("client_connected",)}


class Jivo(SharedSecret):
    """Chats of a Jivo widget."""

    slug: ClassVar[str] = "jivo"
    title: ClassVar[str] = "Jivo"
    channels: ClassVar[tuple[Channel, ...]] = ("chat",)
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = "Manage, channel, Settings, Integrations, Webhooks: the address with ?key=secret."
    accepted: ClassVar[WireAnswer] = json_answer({"result": "ok"})

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One event of a chat or call, or a message left while nobody was there."""
        body = bodies.record_of(request)
        event, chat_id = bodies.word(body.get("event_name")) or "", bodies.word(body.get("chat_id"))
        if event == "call_event":
            return [_call(FormReader(request, source), body, chat_id)]
        if event == "offline_message":
            return [_offline(FormReader(request, source), body, source)]
        if event not in _STAGES or chat_id is None:
            return [Found(None, "ignored", Draft(), f"event {event[:100]}" if event else "ping")]
        return [_chat(FormReader(request, source), body, event, chat_id, source)]

    def merge(self, found: Sequence[Found]) -> Found:
        """What is told later in a chat counts more; contacts are collected; one complete event completes it."""
        events = sorted({repr(one): one for one in found}.values(), key=lambda one: (one.sequence, repr(one)))
        merged = deepcopy(events[-1])
        complete = next((one for one in events if one.disposition == "inquiry"), None)
        if complete is not None:
            merged.disposition, merged.reason = "inquiry", complete.reason
        for one in reversed(events[:-1]):
            _add(merged.draft, one.draft)
        if merged.draft.call and any(one.draft.call and one.draft.call.result == "answered" for one in events):
            merged.draft.call = replace(merged.draft.call, result="answered")
        return merged


def _chat(reader: FormReader, body: Mapping[str, Any], event: str, chat_id: str, source: SourceView) -> Found:
    _visitor(reader, body)
    chat = bodies.node(body.get("chat"))
    messages = [bodies.node(one) for one in bodies.listed(chat.get("messages"))]
    theirs = [bodies.word(one.get("message")) or "" for one in messages if one.get("type") == "visitor"]
    reader.put("message", "messages", "\n".join(filter(None, theirs)))
    if not reader.draft.phones and not reader.draft.emails:
        reader.contacts_in("\n".join(theirs))
    reader.keep("transcript", body.get("plain_messages") or "")
    reader.keep("rate", chat.get("rate") or "")
    if chat.get("blacklisted") is True:
        reader.draft.honeypot = "blacklisted in Jivo"
    found = reader.found(f"chat:{chat_id}")
    if messages:
        found.draft.occurred_at = times.parse(bodies.word(messages[0].get("timestamp")) or "", source.time_zone)
    known = found.draft.phones or found.draft.emails or event == "chat_finished"
    found.disposition, found.reason = ("inquiry", None) if known else ("pending", "chat_open")
    return replace(found, sequence=_STAGES.index(event))


def _offline(reader: FormReader, body: Mapping[str, Any], source: SourceView) -> Found:
    """Its number is the time of the message in milliseconds; no other is told."""
    _visitor(reader, body)
    message, number = bodies.word(body.get("message")), bodies.word(body.get("offline_message_id"))
    reader.put("message", "message", message)
    if message and not reader.draft.phones and not reader.draft.emails:
        reader.contacts_in(message)
    found = reader.found(f"offline:{number}" if number else None)
    at = times.parse(number or "", source.time_zone)
    found.draft.occurred_at = at.replace(microsecond=0) if at else None
    return replace(found, disposition="inquiry", reason=None)


def _call(reader: FormReader, body: Mapping[str, Any], chat_id: str | None) -> Found:
    """A call through the widget; without an id only its end is told apart."""
    told = bodies.node(body.get("call"))
    kind, status = bodies.word(told.get("type")) or "", bodies.word(told.get("status")) or ""
    _visitor(reader, body)
    reader.put("phone", "call.phone", told.get("phone"))
    recording = bodies.word(told.get("record_url"))
    answered = status in _CONNECTED.get(kind, ()) or bool(recording)
    reader.draft.call = CallDraft(
        direction="outbound" if kind == "outgoing" else "inbound",
        result="answered" if answered else "missed",
        operator=bodies.word(bodies.node(body.get("agent")).get("name")),
        recording_url=recording,
    )
    reader.keep("reason", told.get("reason") or "")
    over = status in ("end", "error")
    found = reader.found(f"call:{chat_id}" if chat_id else None)
    if kind == "outgoing":
        found.disposition, found.reason = "ignored", "outbound_call"
    elif over:
        found.disposition, found.reason = "inquiry", None
    else:
        found.disposition, found.reason = ("pending" if chat_id else "ignored"), "call_in_progress"
    return replace(found, sequence=1 if over else 0)


def _visitor(reader: FormReader, body: Mapping[str, Any]) -> None:
    visitor, session, page = (bodies.node(body.get(name)) for name in ("visitor", "session", "page"))
    name = bodies.word(visitor.get("name"))
    if name and not _DEFAULT_NAME.fullmatch(name.strip()):
        reader.put("full_name", "visitor.name", name)
    reader.put("phone", "visitor.phone", visitor.get("phone"))
    reader.put("email", "visitor.email", visitor.get("email"))
    for key in ("description", "social", "number"):
        reader.keep(f"visitor_{key}", bodies.word(visitor.get(key)) or "")
    for key, value in _utm(session).items():
        reader.mark(f"utm_{key}", value)
    reader.mark("page_url", page.get("url"))
    reader.keep("page_title", page.get("title") or "")
    reader.walk(bodies.node(body.get("analytics")), "touch")
    for key in ("department", "topic", "tags"):
        reader.keep(key, body.get(key) or "")
    agents = [bodies.node(one) for one in bodies.listed(body.get("agents") or body.get("agent"))]
    reader.keep("agent", ", ".join([str(one["name"]) for one in agents if one.get("name")]))


def _utm(session: Mapping[str, Any]) -> dict[str, Any]:
    """As an object, or written `source=google|medium=cpc`."""
    told = session.get("utm_json")
    if isinstance(told, dict):
        return {key.removeprefix("utm_"): value for key, value in told.items()}
    pairs = [pair.partition("=") for pair in (bodies.word(session.get("utm")) or "").split("|")]
    return {name.strip().removeprefix("utm_"): value for name, mark, value in pairs if mark}


def _add(draft: Draft, other: Draft) -> None:
    """What an earlier event told and the later ones do not say otherwise."""
    for name in ("full_name", "message", "occurred_at"):
        if getattr(draft, name) is None:
            setattr(draft, name, getattr(other, name))
    draft.phones += [raw for raw in other.phones if raw not in draft.phones]
    draft.emails += [raw for raw in other.emails if raw not in draft.emails]
    draft.touch = {**other.touch, **draft.touch}
    draft.extra = {**other.extra, **draft.extra}
    draft.honeypot = draft.honeypot or other.honeypot
    if draft.call and other.call and not draft.call.recording_url:
        draft.call = replace(draft.call, recording_url=other.call.recording_url)
