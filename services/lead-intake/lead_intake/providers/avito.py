"""Avito messenger: the chat is the lead, its messages are events of one submission. Our own messages are none.

The algorithm of the signature header is not published, so a secret in the registered address proves a request."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireAnswer, WireRequest, json_answer
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_SERVICE_AUTHORS = frozenset({"0", "1"})
_OF_AVITO = "a2u"
_NO_MESSAGES = frozenset({"system", "deleted"})
_SAID = {
    "text": ("text",), "link": ("text", "url"), "item": ("title", "item_url"), "location": ("title", "text"),
    "call": ("status",), "appCall": ("status",), "file": ("name",),
}  # fmt: skip


class Avito(SharedSecret):
    """Chats about ads on Avito."""

    slug: ClassVar[str] = "avito"
    title: ClassVar[str] = "Avito messenger"
    channels: ClassVar[tuple[Channel, ...]] = ("chat",)
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = "POST /messenger/v3/webhook of Avito's API with the address, ending in ?key= and the secret."
    accepted: ClassVar[WireAnswer] = json_answer({"ok": True})

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret in the address; the empty object by which an address is tried says nothing."""
        return request.body.strip() == b"{}" or super().verify(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One message of a chat."""
        body = bodies.record_of(request)
        payload = bodies.node(body.get("payload"))
        if not payload:
            if body:
                raise Unreadable("no payload")
            return [Found(None, "ignored", Draft(), "ping")]
        value, chat_id = (
            bodies.node(payload.get("value")),
            bodies.word(bodies.node(payload.get("value")).get("chat_id")),
        )
        if payload.get("type") != "message":
            return [Found(bodies.word(body.get("id")), "ignored", Draft(), f"event {str(payload.get('type'))[:100]}")]
        if not chat_id:
            raise Unreadable("a message without chat_id")
        at = _time(value, body, source)
        reason = _no_lead(value)
        draft = Draft(occurred_at=at) if reason else _draft(request, source, value, chat_id, at)
        message_id = bodies.word(value.get("id"))
        if message_id:
            draft.extra["avito_message_id"] = message_id
        sequence = int(at.timestamp()) if at else 0
        return [Found(chat_id, "ignored" if reason else "inquiry", draft, reason, sequence)]

    def merge(self, found: Sequence[Found]) -> Found:
        """The client's messages in their order, each once; the first one is when the chat began."""
        by_id = {one.draft.extra.get("avito_message_id") or repr(one.draft): one for one in found}
        messages = sorted(by_id.values(), key=lambda one: (one.sequence, repr(one.draft)))
        told = [one for one in messages if one.disposition == "inquiry"]
        if not told:
            return messages[0]
        merged = deepcopy(told[0])
        for one in told[1:]:
            merged.draft.phones += [raw for raw in one.draft.phones if raw not in merged.draft.phones]
            merged.draft.emails += [raw for raw in one.draft.emails if raw not in merged.draft.emails]
        merged.draft.message = "\n".join([one.draft.message for one in told if one.draft.message]) or None
        return merged


def _time(value: Mapping[str, Any], body: Mapping[str, Any], source: SourceView) -> datetime | None:
    told = (value.get("created"), value.get("published_at"), body.get("timestamp"))
    return next(filter(None, (times.parse(bodies.word(one) or "", source.time_zone) for one in told)), None)


def _no_lead(value: Mapping[str, Any]) -> str | None:
    """Why a message is not the client's; None when it is."""
    author, ours = bodies.word(value.get("author_id")), bodies.word(value.get("user_id"))
    if author is not None and author == ours:
        return "own_message"
    if (
        author in _SERVICE_AUTHORS
        or value.get("chat_type") == _OF_AVITO
        or bodies.word(value.get("type")) in _NO_MESSAGES
    ):
        return "service_message"
    return None


def _draft(
    request: WireRequest, source: SourceView, value: Mapping[str, Any], chat_id: str, at: datetime | None
) -> Draft:
    reader = FormReader(request, source)
    text = _said(bodies.word(value.get("type")) or "text", bodies.node(value.get("content")))
    reader.draft.message = text or None
    reader.draft.occurred_at = at
    reader.draft.messengers.append(("avito", chat_id))
    reader.contacts_in(text)
    reader.mark("utm_source", "avito")
    for theirs, ours in (("item_id", "item_id"), ("author_id", "avito_author_id"), ("chat_type", "avito_chat_type")):
        reader.keep(ours, bodies.word(value.get(theirs)) or "")
    return reader.draft


def _said(kind: str, content: Mapping[str, Any]) -> str:
    """What a message says in words; of one that has none, what it is."""
    if kind == "text" and isinstance(content.get("text"), str):
        return str(content["text"])
    told = bodies.node(content.get(kind)) or content
    words = [word for word in (bodies.word(told.get(name)) for name in _SAID.get(kind, ())) if word]
    return f"[{kind}] {' '.join(words)}".strip()
