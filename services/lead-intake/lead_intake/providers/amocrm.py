"""Requests to amoCRM's unsorted (forms and sip), sent here instead: an array of items, told apart by `metadata`.

The older posts (`request[unsorted][add]`, `add` with `incoming_lead_info`) hold the same under other names."""

from collections.abc import Mapping
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import CallDraft, Found, SourceView, Unreadable, WireAnswer, WireRequest, json_answer
from lead_intake.providers.fields import meaning
from lead_intake.providers.forms import FormReader, text_of
from lead_intake.providers.webhooks import SharedSecret

MAX_ITEMS = 1000
_OF_CALL = frozenset({"from", "phone", "called_at", "duration", "uniq"})
_FEWEST_DIGITS = 6
_NETWORKS = {"TELEGRAM": "telegram", "WHATSAPP": "whatsapp", "SKYPE": "skype", "VK": "vk", "VIBER": "viber"}


class AmoCrm(SharedSecret):
    """Items in the shape of amoCRM's unsorted; a call of kind `sip` becomes a call."""

    slug: ClassVar[str] = "amocrm"
    title: ClassVar[str] = "amoCRM (unsorted)"
    channels: ClassVar[tuple[Channel, ...]] = ("form", "call")
    hint: ClassVar[str] = "In the page's script: the address in place of the account's, the path after it kept."
    accepted: ClassVar[WireAnswer] = json_answer({})

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """An inquiry an item."""
        items = [item for item in _items(bodies.parsed(request)) if isinstance(item, dict)]
        if not items or len(items) > MAX_ITEMS:
            raise Unreadable("no items in it" if not items else f"more than {MAX_ITEMS} items")
        return [_item(FormReader(request, source), item, source) for item in items]


def _items(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    told = bodies.node(body)
    unsorted = bodies.node(bodies.node(told.get("request")).get("unsorted") or told.get("unsorted"))
    for place in (told, unsorted):
        if "add" in place:
            return bodies.listed(place["add"])
    return [told] if told else []


def _item(reader: FormReader, item: Mapping[str, Any], source: SourceView) -> Found:
    held = bodies.node(item.get("_embedded") or item.get("incoming_entities") or item.get("data"))
    metadata = bodies.node(item.get("metadata") or item.get("incoming_lead_info") or item.get("source_data"))
    for contact in bodies.listed(held.get("contacts")):
        _contact(reader, bodies.node(contact))
    for company in bodies.listed(held.get("companies")):
        reader.put("company", "company", bodies.node(company).get("name"))
        _custom(reader, bodies.node(company))
    for lead in bodies.listed(held.get("leads")):
        _lead(reader, bodies.node(lead))
    reader.keep("source_name", item.get("source_name") or item.get("source") or "")
    at = bodies.word(item.get("created_at")) or bodies.word(item.get("date_create")) or ""
    if _OF_CALL & metadata.keys() and "form_id" not in metadata:
        found = reader.found(_call(reader, metadata, source))
    else:
        found = reader.found(_form(reader, item, metadata, source))
    found.draft.occurred_at = found.draft.occurred_at or times.parse(at, source.time_zone)
    return found


def _contact(reader: FormReader, contact: Mapping[str, Any]) -> None:
    if contact.get("first_name") or contact.get("last_name"):
        for part in ("first_name", "last_name"):
            reader.put(part, part, contact.get(part))
    else:
        reader.put("full_name", "contacts.name", contact.get("name"))
    _custom(reader, contact)


def _lead(reader: FormReader, lead: Mapping[str, Any]) -> None:
    reader.keep("title", lead.get("name") or "")
    reader.put("subject", "leads.name", lead.get("name"))
    if lead.get("price"):
        reader.put("budget", "leads.price", lead["price"])
    reader.keep("visitor_uid", lead.get("visitor_uid") or "")
    tags = bodies.listed(bodies.node(lead.get("_embedded")).get("tags") or lead.get("tags"))
    names = [bodies.word(bodies.node(tag).get("name") if isinstance(tag, dict) else tag) for tag in tags]
    reader.keep("tags", [name for name in names if name])
    _custom(reader, lead)


def _custom(reader: FormReader, entity: Mapping[str, Any]) -> None:
    """Fields of their own: told by a code (PHONE, UTM_SOURCE), else by their name; one with neither by its shape."""
    for one in bodies.listed(entity.get("custom_fields_values") or entity.get("custom_fields")):
        field = bodies.node(one)
        code = bodies.word(field.get("field_code")) or bodies.word(field.get("code")) or ""
        name = code or text_of(field.get("field_name") or field.get("name") or field.get("field_id") or field.get("id"))
        for held in bodies.listed(field.get("values")):
            told = held if isinstance(held, dict) else {"value": held}
            network = _NETWORKS.get(str(told.get("enum_code") or told.get("enum") or "").upper())
            value = bodies.word(told.get("value"))
            if not value:
                continue
            if code == "IM" and network:
                reader.draft.messengers.append((network, value))
            else:
                reader.field(code.lower() if meaning(code) else name, value)


def _form(reader: FormReader, item: Mapping[str, Any], metadata: Mapping[str, Any], source: SourceView) -> str | None:
    """The form's particulars; what tells a repeat is derived, since no id is sent."""
    origin = bodies.node(metadata.get("origin"))
    sent = next(filter(None, (bodies.word(metadata.get(name)) for name in ("form_sent_at", "date_send", "date"))), None)
    reader.mark("form_id", metadata.get("form_id"))
    reader.mark("page_url", metadata.get("form_page") or metadata.get("from"))
    reader.mark("referrer", metadata.get("referer") or metadata.get("referrer") or origin.get("referer"))
    reader.keep("form_name", metadata.get("form_name") or "")
    reader.keep("visitor_uid", metadata.get("visitor_uid") or "")
    for field in bodies.node(metadata.get("data")).values():
        named = bodies.node(field)
        reader.field(text_of(named.get("name")) or "field", named.get("value"))
    reader.draft.occurred_at = times.parse(sent or "", source.time_zone)
    uid, form = bodies.word(item.get("source_uid")), bodies.word(metadata.get("form_id"))
    return f"{uid}:{form}:{sent}" if uid and form and sent else None


def _call(reader: FormReader, metadata: Mapping[str, Any], source: SourceView) -> str | None:
    duration = bodies.word(metadata.get("duration")) or ""
    seconds = int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 9 else None
    caller = bodies.word(metadata.get("from")) or ""
    if sum(letter.isdigit() for letter in caller) >= _FEWEST_DIGITS and not reader.draft.phones:
        reader.put("phone", "metadata.from", caller)
    reader.draft.call = CallDraft(
        direction="inbound",
        result="answered" if seconds else "missed",
        duration_seconds=seconds,
        line_number=bodies.word(metadata.get("phone")),
        operator=bodies.word(metadata.get("call_responsible")),
        recording_url=bodies.word(metadata.get("link")),
    )
    reader.keep("service_code", metadata.get("service_code") or "")
    reader.draft.occurred_at = times.parse(bodies.word(metadata.get("called_at")) or "", source.time_zone)
    return bodies.word(metadata.get("uniq"))
