"""Gravity Forms (WordPress), Webhooks add-on: the entry with its inputs by number. No signature.

Numbers tell nothing, so a form wants a `field_map`; name and address blocks are told by their well-known parts."""

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.forms import FormReader, text_of
from lead_intake.providers.webhooks import SharedSecret

_INPUT = re.compile(r"(\d{1,6})(?:\.(\d{1,4}))?")
_OF_ENTRY = frozenset(
    "id form_id post_id date_created date_updated is_starred is_read ip source_url user_agent status created_by "
    "currency payment_status payment_date payment_amount payment_method transaction_id transaction_type is_fulfilled "
    "source_id is_approved".split()
)
_KEPT = ("payment_status", "payment_amount", "payment_method", "transaction_id")
_NAME = {"3": "first_name", "4": "middle_name", "6": "last_name"}
_AGREES = re.compile(r"\b(?:i\s+)?agree|\bconsent|соглас", re.IGNORECASE)


class GravityForms(SharedSecret):
    """Entries of Gravity Forms."""

    slug: ClassVar[str] = "gravityforms"
    title: ClassVar[str] = "Gravity Forms (WordPress)"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    hint: ClassVar[str] = (
        "Form, Settings, Webhooks: the address with ?key=secret, POST, JSON; then a field_map for its numbers."
    )

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One entry; its time is UTC without saying so."""
        body = bodies.record_of(request)
        entry = bodies.node(body.get("entry")) or body
        reader = FormReader(request, source)
        inputs = {key: value for key, value in entry.items() if _INPUT.fullmatch(key)}
        _take_inputs(reader, _flat(inputs))
        reader.walk({key: value for key, value in entry.items() if key not in _OF_ENTRY and key not in inputs})
        reader.mark("form_id", entry.get("form_id"))
        reader.mark("page_url", entry.get("source_url"))
        for name in _KEPT:
            reader.keep(name, entry.get(name) or "")
        if entry.get("status") == "spam":
            reader.draft.honeypot = "the site's own filter"
        reader.draft.occurred_at = times.parse(str(entry.get("date_created") or ""), UTC)
        return [reader.found(bodies.word(entry.get("id")))]


def _flat(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`1.3` as it is; a block that came as an object by the same names."""
    flat: dict[str, Any] = {}
    for key, value in inputs.items():
        if isinstance(value, dict):
            flat |= {part if "." in part else f"{key}.{part}": inner for part, inner in value.items()}
        else:
            flat[key] = value
    return flat


def _take_inputs(reader: FormReader, inputs: Mapping[str, Any]) -> None:
    parts: dict[str, set[str]] = {}
    for key, value in inputs.items():
        block, _, part = key.partition(".")
        if value not in (None, ""):
            parts.setdefault(block, set()).add(part)
    for key, value in inputs.items():
        block, _, part = key.partition(".")
        if key in reader.field_map or not part:
            reader.field(key, value)
        elif parts.get(block, set()) <= {"2", "3", "4", "6", "8"} and part in _NAME:
            reader.put(_NAME[part], key, value)
        elif parts.get(block, set()) >= {"1", "3"} and part == "3" and {"5", "6"} & parts[block]:
            reader.put("region", key, value)
        elif _AGREES.search(text_of(value)[:200]):
            reader.put("consent", key, value)
        else:
            reader.field(key, value)
