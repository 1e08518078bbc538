"""Landing pages that post leads to Bitrix24's REST interface (`crm.lead.add` and its kin), sent here instead.

PHP-style brackets or JSON, POST or GET; the code that stands in the path of an incoming webhook is the secret."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import Channel

from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, Raw, SourceView, Unreadable, WireAnswer, WireRequest, json_answer
from lead_intake.providers.forms import FormReader
from lead_intake.providers.mail.html_text import html_to_text
from lead_intake.providers.webhooks import SharedSecret

MAX_COMMANDS = 50
"""As many as Bitrix24 takes in one batch."""

_ADDING = re.compile(r"crm\.(?:lead|contact|deal|item)\.add", re.IGNORECASE)
_FORMERLY = "lead.php"
"""Where leads went before there were methods: flat fields, with the user's login and password among them."""
_CODE = re.compile(r"/rest/\d+/([^/]+)/")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BLOCKS = re.compile(r"<(?:br|p|div|li|tr)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!]", re.IGNORECASE)
_PARTS = {"NAME": "first_name", "SECOND_NAME": "middle_name", "LAST_NAME": "last_name"}
_KNOWN = {
    "COMPANY_TITLE": "company", "POST": "position", "ADDRESS_CITY": "region", "CURRENCY_ID": "budget_currency",
    "OPPORTUNITY": "budget",
}  # fmt: skip
_KEPT = {"SOURCE_ID": "source_id", "SOURCE_DESCRIPTION": "source_description"}
_OF_LEAD = frozenset({"TITLE", "NAME", "PHONE", "EMAIL", "title", "name", "fm"})
_ORIGIN = ("ORIGINATOR_ID", "ORIGIN_ID")
_NETWORKS = frozenset({"telegram", "vk", "whatsapp", "viber", "skype", "max", "facebook", "instagram"})


class Bitrix24(SharedSecret):
    """Leads in the shape of Bitrix24's incoming webhooks."""

    slug: ClassVar[str] = "bitrix24"
    title: ClassVar[str] = "Bitrix24 (crm.lead.add)"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    proof_field: ClassVar[str | None] = "PASSWORD"
    hint: ClassVar[str] = "In the page's script: the address in place of the portal's, /rest/1/code/crm.lead.add kept."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The code stands in the path, as Bitrix24 has it, or where any secret may."""
        expected = source.secrets.get("secret")
        if expected and any(credentials.same(part, expected) for part in request.rest.split("/")):
            return True
        return super().verify(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """The lead, or those of a batch; a call of another method makes none."""
        body = bodies.record_of(request)
        method = _method(request)
        if method == "batch":
            commands = _commands(body)
            if len(commands) > MAX_COMMANDS:
                raise Unreadable(f"more than {MAX_COMMANDS} commands")
            found = [_lead(request, source, fields) for fields in commands.values()]
            return found or [Found(None, "ignored", Draft(), "method batch")]
        if method and not _ADDING.fullmatch(method):
            return [Found(None, "ignored", Draft(), f"method {method[:100]}")]
        fields = body.get("fields", body.get("FIELDS", body))
        if not isinstance(fields, dict) or (fields is body and _OF_LEAD.isdisjoint(body)):
            raise Unreadable("no fields")
        return [_lead(request, source, fields)]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Also the code in the path, configured or not."""
        code = _CODE.search(request.rest)
        masked = super().mask(request, source)
        if code is None:
            return masked
        hidden = request.rest[: code.start(1)] + "*" * len(code[1]) + request.rest[code.end(1) :]
        return replace(masked, rest=hidden)

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """A number as Bitrix24's ids are, always the same for one submission."""
        numbers = [one.int % (2**31 - 1) + 1 for one in submission_ids]
        method = _method(request)
        result: Any = numbers[0] if numbers and (not method or _ADDING.fullmatch(method)) else True
        if method == "crm.item.add":
            result = {"item": {"id": result}}
        elif method == "batch":
            made = dict(zip(_commands(_read_or_nothing(request)), numbers, strict=False))
            result = {"result": made, "result_error": [], "result_total": [], "result_next": []}
        return json_answer({"result": result, "time": {}})


def _method(request: WireRequest) -> str:
    last = request.rest.rstrip("/").rpartition("/")[2].lower()
    if last == _FORMERLY:
        return ""
    return last.removesuffix(".json").removesuffix(".xml") if "." in last or last == "batch" else ""


def _read_or_nothing(request: WireRequest) -> dict[str, Any]:
    try:
        return bodies.record_of(request)
    except Unreadable:
        return {}


def _commands(body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of each adding command of a batch by its name; they are written like the query of an address."""
    commands, found = body.get("cmd"), {}
    named = commands if isinstance(commands, dict) else {str(n): one for n, one in enumerate(bodies.listed(commands))}
    for name, command in named.items():
        method, _, query = str(command).partition("?")
        fields = bodies.queried(query).get("fields") if _ADDING.fullmatch(method.strip()) else None
        if isinstance(fields, dict):
            found[name] = fields
    return found


def _lead(request: WireRequest, source: SourceView, given: Mapping[str, Any]) -> Found:
    reader = FormReader(request, source)
    fields = {_CAMEL.sub("_", key).upper(): value for key, value in given.items()}
    _name(reader, fields)
    for kind in ("PHONE", "EMAIL", "WEB", "IM"):
        for value in bodies.listed(fields.pop(kind, None)):
            _contact(reader, kind, value)
    for value in bodies.listed(fields.pop("FM", None)):
        _contact(reader, str(bodies.node(value).get("typeId", bodies.node(value).get("TYPE_ID", ""))), value)
    comments = bodies.word(fields.pop("COMMENTS", None))
    if comments:
        reader.put("message", "COMMENTS", _plain(comments))
    title = bodies.word(fields.pop("TITLE", None))
    if title:
        reader.put("subject", "TITLE", title)
        reader.keep("title", title)
    for name in ("LOGIN", "PASSWORD"):
        fields.pop(name, None)
    origin = [bodies.word(fields.pop(name, None)) for name in _ORIGIN]
    for key, value in fields.items():
        _other(reader, key, value)
    return reader.found(":".join(filter(None, origin)) if origin[1] else None)


def _name(reader: FormReader, fields: dict[str, Any]) -> None:
    """A page that has one field for the name puts all of it into NAME."""
    parts = {key: fields.pop(key, None) for key in _PARTS}
    if parts["NAME"] and not parts["LAST_NAME"] and not parts["SECOND_NAME"]:
        reader.put("full_name", "NAME", parts["NAME"])
        return
    for key, value in parts.items():
        reader.put(_PARTS[key], key, value)


def _contact(reader: FormReader, kind: str, given: Any) -> None:
    told = {key.upper(): value for key, value in bodies.node(given).items()}
    value = bodies.word(told.get("VALUE") if told else given)
    if not value:
        return
    detail = str(told.get("VALUE_TYPE") or told.get("VALUETYPE") or "").lower()
    if kind in ("PHONE", "EMAIL"):
        target = reader.draft.phones if kind == "PHONE" else reader.draft.emails
        target.append(Raw(value, f"field {kind}"))
    elif kind == "IM" and detail in _NETWORKS:
        reader.draft.messengers.append((detail, value))
    else:
        reader.keep(kind.lower() or "contact", value)


def _other(reader: FormReader, key: str, value: Any) -> None:
    kind = key.partition("_")[0]
    if kind in ("PHONE", "EMAIL", "IM", "WEB"):
        _contact(reader, kind, value)
    elif key in _KNOWN:
        if not (key == "OPPORTUNITY" and str(value).strip("0.,") == ""):
            reader.put(_KNOWN[key], key, value)
    elif key in _KEPT:
        reader.keep(_KEPT[key], value)
    elif key.startswith("UTM_"):
        reader.mark(key.lower(), value)
    elif value not in (None, "", []):
        if key in reader.field_map:
            reader.field(key, value)
        else:
            reader.keep(key if key.startswith("UF_") else key.lower(), value)


def _plain(comments: str) -> str:
    """COMMENTS may be HTML; where its lines are told by line ends, these count."""
    if not _TAG.search(comments):
        return comments
    return html_to_text(comments if _BLOCKS.search(comments) else comments.replace("\n", "<br>"))
