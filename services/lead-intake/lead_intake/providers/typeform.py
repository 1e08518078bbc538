"""Typeform: one response a request, signed over the raw body. The token tells repeats: retries may change event_id."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireRequest
from lead_intake.providers.forms import FormReader
from lead_intake.providers.settings import SigningSecret
from lead_intake.providers.webhooks import Webhook

_TYPES = {"email": "email", "phone_number": "phone"}
_CONSENT = "legal"


class Typeform(Webhook):
    """Responses to Typeform forms."""

    slug: ClassVar[str] = "typeform"
    title: ClassVar[str] = "Typeform"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    secrets_model: ClassVar[type[BaseModel]] = SigningSecret
    hint: ClassVar[str] = "Form, Connect, Webhooks: the address as endpoint, and a secret, the same as in this source."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """`sha256=` and base64 of the keyed digest."""
        signed = credentials.signed_with(source.secrets.get("secret"), request.body)
        if signed is None:
            return False
        expected = "sha256=" + base64.b64encode(signed.digest()).decode()
        return credentials.same(request.headers.get("typeform-signature", "").strip(), expected)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """A response; questions left out by the person are left out of it."""
        body = bodies.record_of(request)
        event = bodies.word(body.get("event_type")) or "form_response"
        if event != "form_response":
            return [Found(bodies.word(body.get("event_id")), "ignored", Draft(), f"event {event[:100]}")]
        response = body.get("form_response")
        if not isinstance(response, dict):
            raise Unreadable("no form_response")
        reader = FormReader(request, source)
        definition = bodies.node(response.get("definition"))
        titles = dict(_titles(definition.get("fields")))
        for answer in bodies.listed(response.get("answers")):
            _take(reader, bodies.node(answer), titles)
        reader.walk(bodies.node(response.get("hidden")))
        reader.mark("form_id", bodies.word(response.get("form_id")) or bodies.word(definition.get("id")))
        reader.keep("form_title", definition.get("title") or "")
        score = bodies.node(response.get("calculated")).get("score")
        if score:
            reader.keep("score", score)
        reader.draft.occurred_at = times.parse(str(response.get("submitted_at") or ""), source.time_zone)
        named = (bodies.word(response.get(name)) for name in ("token", "response_id"))
        return [reader.found(next(filter(None, named), None) or bodies.word(body.get("event_id")))]


def _titles(fields: Any) -> Iterator[tuple[str, str]]:
    """The wording of each question by its id and by its ref; groups and contact blocks hold questions of their own."""
    for one in bodies.listed(fields):
        asked = bodies.node(one)
        for key in (asked.get("ref"), asked.get("id")):
            if isinstance(key, str) and isinstance(asked.get("title"), str):
                yield key, asked["title"]
        yield from _titles(bodies.node(asked.get("properties")).get("fields"))


def _take(reader: FormReader, answer: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    asked = bodies.node(answer.get("field"))
    identity, ref = bodies.word(asked.get("id")) or "", bodies.word(asked.get("ref")) or ""
    title = titles.get(identity) or titles.get(ref) or ref
    kind = bodies.word(answer.get("type")) or ""
    value = _value(answer, kind)
    if asked.get("type") == _CONSENT:
        reader.put("consent", ref or title, value)
        reader.put("consent_text", title, title)
    elif kind in _TYPES:
        reader.put(_TYPES[kind], ref or title, value)
    else:
        reader.ask(title, value, ref)


def _value(answer: Mapping[str, Any], kind: str) -> Any:
    value = answer.get(kind)
    if kind in ("choice", "choices"):
        chosen = bodies.node(value)
        labels = [*bodies.listed(chosen.get("labels") or chosen.get("label")), *bodies.listed(chosen.get("other"))]
        return ", ".join([str(label) for label in labels if isinstance(label, str | int)])
    if kind == "payment":
        paid = bodies.node(value)
        return " ".join([str(paid[name]) for name in ("amount", "currency") if paid.get(name)])
    if isinstance(value, dict):
        return ", ".join([f"{name}: {inner}" for name, inner in value.items() if isinstance(inner, str | int)])
    return value
