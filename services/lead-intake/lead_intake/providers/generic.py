"""Any form or landing page: JSON, urlencoded or multipart, fields told by name and shape, the rest kept in extra."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import marks, times
from lead_intake.normalising.text import MAX_DEPTH, clean, is_placeholder
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import (
    ConsentDraft,
    Draft,
    Found,
    Provider,
    Raw,
    SourceView,
    Unreadable,
    WireAnswer,
    WireRequest,
    received,
)
from lead_intake.providers.fields import mapped, meaning, place, shape

MAX_LEADS = 10_000
MAX_FIELDS = 5000
_LISTS = frozenset(
    {"leads", "items", "data", "submissions", "records", "entries", "requests", "applications", "заявки"}
)
_LABELS = ("name", "key", "label", "title", "field", "question", "id", "slug")
_VALUES = ("value", "values", "answer", "text", "val")
_SINGLE = frozenset(
    {"full_name", "first_name", "middle_name", "last_name", "company", "position", "subject", "product", "region",
     "language", "budget", "budget_currency"}
)  # fmt: skip
_NO = frozenset({"", "0", "no", "false", "off", "нет", "none", "null", "f", "n", "не согласен"})


class Generic(Provider):
    """The provider of sources that have no format of their own."""

    slug: ClassVar[str] = "generic"
    title: ClassVar[str] = "Any form, JSON or landing page"
    channels: ClassVar[tuple[Channel, ...]] = ("form", "chat", "ads", "call", "email", "import", "api")
    browsers_post: ClassVar[bool] = True

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A source with a secret wants it in query, headers or body."""
        if not source.secrets.get("secret"):
            return True
        return credentials.carries_secret(request, source, _secrets_in_body(request))

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One inquiry, or as many as the body lists."""
        body = _with_query(bodies.parsed(request), request)
        records, shared = _records(body)
        if len(records) > MAX_LEADS:
            raise Unreadable(f"more than {MAX_LEADS} leads in one request")
        return [_Form(request, source).read(record, shared) for record in records]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Overwrites the source's secrets, credentials in headers and foreign cookies."""
        return credentials.masked(request, source.secrets.values())

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """A page without JavaScript is sent on to `redirect_url`; a program gets the ids."""
        kind = request.headers.get("content-type", "")
        from_page = kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))
        if source.redirect_url and from_page and "text/html" in request.headers.get("accept", ""):
            return WireAnswer(303, {"location": source.redirect_url})
        return received(submission_ids)


def _secrets_in_body(request: WireRequest) -> list[str]:
    try:
        body = bodies.parsed(request)
    except Unreadable:
        return []
    return [str(body[name]) for name in credentials.BODY_FIELDS if name in body] if isinstance(body, dict) else []


def _with_query(body: Any, request: WireRequest) -> Any:
    """Fields in the query count where the body does not have them (pixels, marks on the form's action)."""
    if request.query and isinstance(body, dict):
        try:
            pairs = parse_qsl(request.query, max_num_fields=500, errors="replace")
        except ValueError:
            return body
        return {**{name: value for name, value in pairs if name.lower() not in ("key", "secret", "token")}, **body}
    return body


def _records(body: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The leads in a body and what they share."""
    if isinstance(body, list):
        records = [record for record in body if isinstance(record, dict)]
        if not records:
            raise Unreadable("no fields in it")
        return ([{"fields": records}] if _are_pairs(records) else records), {}
    if not isinstance(body, dict):
        raise Unreadable("no fields in it")
    for key, inner in body.items():
        if type(inner) is list and key.lower() in _LISTS and _are_leads(inner):
            return inner, {name: value for name, value in body.items() if name != key}
    return [body], {}


def _are_leads(values: list[Any]) -> bool:
    if not values or not all(isinstance(value, dict) for value in values) or _are_pairs(values):
        return False
    return all(any(meaning(key) in ("phone", "email") or type(value[key]) is dict for key in value) for value in values)


def _are_pairs(values: list[Any]) -> bool:
    return all(isinstance(value, dict) and _pair(value) is not None for value in values)


def _pair(value: dict[str, Any]) -> tuple[str, Any] | None:
    """`{"label": "Телефон", "value": "..."}` as a field."""
    if len(value) > 12:
        return None
    held = next((value[name] for name in _VALUES if name in value), None)
    label = next((value[name] for name in _LABELS if isinstance(value.get(name), str)), None)
    return (label, held) if label is not None and any(name in value for name in _VALUES) else None


class _Form:
    """Fills one draft, field by field."""

    def __init__(self, request: WireRequest, source: SourceView) -> None:
        self.request, self.source, self.draft = request, source, Draft()
        self.fields = 0
        self.external_id: str | None = None
        self.own_id: str | None = None
        self.consent: dict[str, str] = {}
        self.field_map = source.settings.field_map
        self.honeypots: Iterable[str] = source.spam.honeypot_fields

    def read(self, record: Mapping[str, Any], shared: Mapping[str, Any]) -> Found:
        self._walk(record, "", "", 0)
        if shared:
            own_id, self.external_id = self.external_id, None
            self._walk(shared, "", "", 0)
            self.external_id = own_id
        if self.fields > MAX_FIELDS:
            self.draft.warnings.append(f"only the first {MAX_FIELDS} fields were read")
        self._cookies()
        self._names_and_shapes()
        self._finish_consent()
        empty = self.draft == Draft()
        external_id = self.external_id or self.own_id
        return Found(external_id, "ignored" if empty else "inquiry", self.draft, "empty" if empty else None)

    def _walk(self, node: Mapping[str, Any], inside: str, path: str, depth: int) -> None:
        for key, value in node.items():
            kind = type(value)
            if kind is str or kind is int or kind is float or kind is bool:
                self._field(key, inside, path, value)
            elif value is None or depth > MAX_DEPTH:
                continue
            elif kind is dict:
                held = _pair(value) if "value" in value else None
                if held is not None and not isinstance(held[1], dict):
                    self._field(key if meaning(key, inside) else held[0], inside, path, held[1])
                else:
                    self._walk(value, place(key, inside), f"{path}{key}.", depth + 1)
            elif kind is list:
                self._list(key, inside, path, value, depth)

    def _list(self, key: str, inside: str, path: str, values: list[Any], depth: int) -> None:
        objects = [value for value in values if isinstance(value, dict)]
        if key == "attachments" or not objects:
            self._field(key, inside, path, values)
        elif _are_pairs(objects):
            for label, held in filter(None, map(_pair, objects)):
                self._field(label, inside, path, held)
        elif place(key, inside) == "messenger":
            for one in objects:
                self._messenger(one)
        elif place(key, inside) == "elsewhere":
            self.draft.extra.setdefault(f"{path}{key}"[:255], values)
        else:
            for one in objects[:100]:
                self._walk(one, place(key, inside), f"{path}{key}.", depth + 1)

    def _messenger(self, one: Mapping[str, Any]) -> None:
        network, address = one.get("network") or one.get("type"), one.get("id") or one.get("value")
        if isinstance(network, str) and isinstance(address, str | int) and address:
            self.draft.messengers.append((network, str(address)))

    def _field(self, key: str, inside: str, path: str, value: Any) -> None:
        if value == "" or value is None or value == []:
            return
        self.fields += 1
        if self.fields > MAX_FIELDS:
            return
        known = None
        if self.field_map:
            target = self.field_map.get(f"{path}{key}") or self.field_map.get(key)
            known = mapped(target) if target else None
        if known is None:
            if key in self.honeypots:
                self.draft.honeypot = str(value)
                return
            known = meaning(key, inside)
        if known is None:
            self._keep(f"{path}{key}", value)
        else:
            self._understood(known, key, f"{path}{key}", value)

    def _keep(self, name: str, value: Any) -> None:
        if type(value) is not str or not is_placeholder(value):
            self.draft.extra.setdefault(name[:255], value)

    def _understood(self, known: str, key: str, path: str, value: Any) -> None:
        draft = self.draft
        if known == "phone" or known == "email":
            target = draft.phones if known == "phone" else draft.emails
            for one in value[:100] if type(value) is list else (value,):
                target.append(Raw(_text(one), f"field {_shown(key)}"))
            return
        text = _text(value)
        prefix, colon, rest = known.partition(":")
        if colon:
            self._prefixed(prefix, rest, text, value)
        elif known in _SINGLE:
            if getattr(draft, known) is None:
                setattr(draft, known, text)
            elif getattr(draft, known) != text:
                self._keep(path, value)
        elif known == "message":
            draft.message = f"{draft.message}\n{text}" if draft.message else text
        elif known != "ignore":
            self._particular(known, path, text, value)

    def _prefixed(self, prefix: str, rest: str, text: str, value: Any) -> None:
        if prefix == "mark":
            self.draft.touch.setdefault(rest, text)
        elif prefix == "first":
            self.draft.first_touch.setdefault(rest, text)
        elif prefix == "extra":
            self._keep(rest, value)
        else:
            self.draft.messengers.append((rest, text))
            if rest in ("whatsapp", "viber"):
                self.draft.phones.append(Raw(text, f"field {rest}"))

    def _particular(self, known: str, path: str, text: str, value: Any) -> None:
        draft = self.draft
        if known == "occurred_at":
            draft.occurred_at = draft.occurred_at or times.parse(text, self.source.time_zone)
            if draft.occurred_at is None:
                self._keep(path, value)
        elif known == "external_id":
            if self.external_id is None and not is_placeholder(text):
                self.external_id = text
            elif self.external_id != text:
                self._keep(path, value)
        elif known == "id":
            if len(text) == 36 and text.count("-") == 4 and self.own_id is None:
                self.own_id = text
            else:
                self._keep(path, value)
        elif known in ("fill_ms", "fill_seconds"):
            draft.fill_seconds = _seconds(text, 1000 if known == "fill_ms" else 1)
        else:
            self.consent.setdefault(known, text)

    def _cookies(self) -> None:
        for cookie in self.request.headers.get("cookie", "").split(";"):
            name, mark, value = cookie.strip().partition("=")
            if mark and name in marks.COOKIES:
                self.draft.touch.setdefault(name, value)
        referrer = self.request.headers.get("referer")
        if referrer and "page_url" not in self.draft.touch and "://" in referrer:
            self.draft.touch["page_url"] = referrer

    def _names_and_shapes(self) -> None:
        """Contacts in fields whose names tell nothing, and a phone typed where the name goes."""
        draft = self.draft
        if draft.emails and draft.phones:
            return
        for name, value in draft.extra.items():
            told = shape(value) if type(value) is str else None
            if told == "email" and not any(raw.origin.startswith("field") for raw in draft.emails):
                draft.emails.append(Raw(value, f"shape of {_shown(name)}"))
            elif told == "phone" and not any(raw.origin.startswith("field") for raw in draft.phones):
                draft.phones.append(Raw(value, f"shape of {_shown(name)}"))
        if draft.full_name and shape(draft.full_name):
            (draft.emails if "@" in draft.full_name else draft.phones).append(Raw(draft.full_name, "shape of the name"))

    def _finish_consent(self) -> None:
        told = self.consent
        if not told:
            return
        given = told.get("consent", "yes" if "consent_at" in told else "").strip().casefold() not in _NO
        text, wording = told.get("consent_text"), told.get("consent", "")
        if text is None and len(wording) > 20:
            text = wording
        at = times.parse(told.get("consent_at", ""), self.source.time_zone)
        self.draft.consent = ConsentDraft(given, told.get("consent_purpose"), text, at, self._address_hash())

    def _address_hash(self) -> str | None:
        """The client's address as evidence that can be compared but not read."""
        address = self.request.address
        if not address:
            return None
        return hashlib.blake2b(address.encode(), key=self.source.workspace_id.bytes, digest_size=16).hexdigest()


def _shown(name: str) -> str:
    """A field's name fit for the report."""
    return name[:100] if name.isprintable() else clean(name)[:100]


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is list:
        return ", ".join([_text(one) for one in value[:100] if one is not None])
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return "" if isinstance(value, dict) else str(value)


def _seconds(text: str, divisor: int) -> float | None:
    try:
        seconds = float(text) / divisor
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e7 else None
