"""Elementor Pro forms (WordPress): each field with its type and title, or flat `Label=value` without advanced data."""

from collections.abc import Mapping
from typing import Any, ClassVar

from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.fields import meaning
from lead_intake.providers.forms import FormReader
from lead_intake.providers.wordpress import WordPressForms, told_time, without

_TYPES = {"email": "email", "tel": "phone", "acceptance": "consent"}
_NO_LABEL = "No Label "
"""With what the name of a field begins that has no label."""
_FLAT = ("user agent", "remote ip", "powered by", "date", "time", "form_id", "form_name", "credit")


class Elementor(WordPressForms):
    """Forms of Elementor Pro."""

    slug: ClassVar[str] = "elementor"
    title: ClassVar[str] = "Elementor Pro forms (WordPress)"
    hint: ClassVar[str] = "Form widget, Actions after submit, Webhook: the address with ?key=secret; advanced data on."

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One form; anything but 200 would show the visitor an error."""
        body = bodies.record_of(request)
        reader = FormReader(request, source)
        fields, form, meta = (bodies.node(body.get(name)) for name in ("fields", "form", "meta"))
        if fields:
            for key, value in fields.items():
                _take(reader, key, value)
            reader.walk(without(body, "fields", "form", "meta"))
        else:
            flat = without(body, *_FLAT, "form", "meta")
            reader.walk({name.removeprefix(_NO_LABEL): value for name, value in flat.items()})
        folded = {name.lower(): value for name, value in body.items()}
        reader.mark("form_id", form.get("id") or folded.get("form_id"))
        reader.keep("form_name", form.get("name") or folded.get("form_name") or "")
        reader.mark("page_url", _told(meta, "page_url"))
        told_time(reader, _told(meta, "date") or folded.get("date"), _told(meta, "time") or folded.get("time"), source)
        return [reader.found()]


def _told(meta: Mapping[str, Any], name: str) -> Any:
    value = meta.get(name)
    return value.get("value") if isinstance(value, dict) else value


def _take(reader: FormReader, key: str, field: Any) -> None:
    told = bodies.node(field)
    if "value" not in told and "raw_value" not in told:
        reader.walk({key: field})
        return
    value = told.get("value") or told.get("raw_value")
    name = bodies.word(told.get("id")) or key
    known = _TYPES.get(bodies.word(told.get("type")) or "")
    if known:
        reader.put(known, name, value)
    elif name in reader.field_map or meaning(name):
        reader.field(name, value)
    else:
        reader.field(bodies.word(told.get("title")) or name, value)
