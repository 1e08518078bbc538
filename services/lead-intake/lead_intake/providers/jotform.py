"""Jotform: multipart with the answers as JSON in `rawRequest`. No signature and no time; `pretty` is for people."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.fields import meaning
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_QUESTION = re.compile(r"q(\d{1,6})_(.+)", re.DOTALL)
_ADDRESS = ("addr_line1", "addr_line2", "city", "state", "postal", "country")
_NOT_FIELDS = frozenset({"rawrequest", "pretty", "webhookurl", "username", "ip", "type", "action", "customtitle"})


class Jotform(SharedSecret):
    """Submissions of Jotform forms."""

    slug: ClassVar[str] = "jotform"
    title: ClassVar[str] = "Jotform"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    hint: ClassVar[str] = "Form, Settings, Integrations, WebHooks: the address with ?key=secret."

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One submission. Its id has more digits than a number holds, and stays text."""
        body = bodies.record_of(request)
        reader = FormReader(request, source)
        answers = bodies.node(body.get("rawRequest"))
        for key, value in answers.items() if answers else _without_form(body):
            asked = _QUESTION.fullmatch(key)
            if asked:
                _take(reader, asked[2], value)
            elif (meaning(key) or "").startswith("mark:") or not answers:
                reader.field(key, value)
        reader.mark("form_id", body.get("formID"))
        reader.keep("form_title", body.get("formTitle") or "")
        return [reader.found(bodies.word(body.get("submissionID")))]


def _without_form(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a connector that already took the answers apart."""
    return [(key, value) for key, value in body.items() if key.lower() not in _NOT_FIELDS | {"formid", "formtitle"}]


def _take(reader: FormReader, name: str, value: Any) -> None:
    if not isinstance(value, dict):
        reader.field(name, value)
    elif "first" in value or "last" in value:
        reader.name_parts(name, value)
    elif "full" in value or "phone" in value:
        reader.put("phone", name, _phone(value))
    elif "year" in value and "month" in value:
        time = [str(value[part]) for part in ("hour", "min") if value.get(part)]
        date = "-".join([str(value.get(part) or "").zfill(2) for part in ("year", "month", "day")])
        reader.keep(name, f"{date} {':'.join(time)}".strip() if date.strip("-0") else "")
    elif "addr_line1" in value or "city" in value:
        reader.put("region", f"{name}.city", value.get("city"))
        reader.keep(name, ", ".join([str(value[part]) for part in _ADDRESS if value.get(part)]))
    else:
        reader.walk({name: value})


def _phone(parts: Mapping[str, Any]) -> str:
    if parts.get("full"):
        return str(parts["full"])
    country, area, number = (bodies.word(parts.get(part)) or "" for part in ("country", "area", "phone"))
    return f"+{country.strip(' +')} {area} {number}" if country else f"{area} {number}".strip()
