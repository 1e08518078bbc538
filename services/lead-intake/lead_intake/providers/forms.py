"""Reading the fields of a form into a draft: each told by its name, else by its shape; the rest is kept in extra."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from lead_intake.normalising import local_dates, marks, times
from lead_intake.normalising.emails import emails_in
from lead_intake.normalising.phones import phones_in_field, phones_in_text
from lead_intake.normalising.text import MAX_DEPTH, clean, is_placeholder
from lead_intake.providers import consent
from lead_intake.providers.base import Draft, Found, Raw, SourceView, WireRequest
from lead_intake.providers.fields import (
    contact_asked_for,
    is_country_code,
    is_id,
    is_of_staff,
    mapped,
    meaning,
    place,
    shape,
)

MAX_FIELDS = 5000
MAX_MESSAGE = 20_000
_LABELS = ("name", "key", "label", "title", "field", "question", "q", "id", "slug")
_VALUES = ("value", "values", "answer", "a", "text", "val")
_WHOLE_NUMBER = ("full", "e164", "international", "formatted", "number", "value", "phone", "national")
_COUNTRY_CODE = ("country_code", "countrycode", "dial_code", "dialcode", "calling_code", "prefix", "country")
_AREA_CODE = ("area", "area_code", "code")
_LONGEST_CODE = 4
_QUESTION = 3
"""A label with so many spaces is a sentence to the client: `Your phone, and a manager will call`."""
_NATIONAL = 10
"""A number of more digits has its country's code."""
_SINGLE = frozenset(
    {"full_name", "first_name", "middle_name", "last_name", "company", "position", "subject", "product", "region",
     "language", "budget", "budget_currency"}
)  # fmt: skip
_NOTHING = Draft()


def are_pairs(values: list[Any]) -> bool:
    """Whether a list holds the fields of one form, each an object with its label and its value."""
    return all(isinstance(value, dict) and pair(value) is not None for value in values)


def pair(value: dict[str, Any]) -> tuple[str, Any] | None:
    """`{"label": "Телефон", "value": "..."}` as a field."""
    if len(value) > 12:
        return None
    held = next((value[name] for name in _VALUES if name in value), None)
    label = next((value[name] for name in _LABELS if isinstance(value.get(name), str)), None)
    return (label, held) if label is not None and any(name in value for name in _VALUES) else None


def number_of(parts: Mapping[str, Any]) -> str:
    """A telephone number that came in parts, such as code and number; empty when they are no parts of one."""
    told = {key.lower(): text_of(value).strip() for key, value in parts.items() if isinstance(value, str | int)}
    number = next((told[name] for name in _WHOLE_NUMBER if told.get(name)), "")
    if not any(letter.isdigit() for letter in number):
        return ""
    area = next((told[name] for name in _AREA_CODE if told.get(name)), "")
    country = next((code for name in _COUNTRY_CODE if (code := told.get(name, "").strip("+ ")).isdigit()), "")
    if number.startswith("+") or sum(letter.isdigit() for letter in number) > _NATIONAL:
        return number
    return f"+{country} {area} {number}" if country else f"{area} {number}".strip()


class FormReader:
    """Fills one draft, field by field."""

    def __init__(self, request: WireRequest, source: SourceView) -> None:
        self.request, self.source, self.draft = request, source, Draft()
        self.fields = 0
        self.external_id: str | None = None
        self.own_id: str | None = None
        self.consent: dict[str, str] = {}
        self.field_map = source.settings.field_map
        self.honeypots = source.honeypots
        self.of_others: set[str] = set()

    def read(self, record: Mapping[str, Any], shared: Mapping[str, Any]) -> Found:
        """One of the leads of a request, with what all of them share."""
        self.walk(record)
        if shared:
            own_id, self.external_id = self.external_id, None
            self.walk(shared)
            self.external_id = own_id
        return self.found()

    def found(self, external_id: str | None = None) -> Found:
        """What the fields make: an inquiry, or nothing when there were none. Without an id the form's own counts."""
        if self.fields > MAX_FIELDS:
            self.draft.warnings.append(f"only the first {MAX_FIELDS} fields were read")
        self._cookies()
        if self.draft.extra:
            self._with_country_code()
        self._names_and_shapes()
        self.draft.consent = consent.told_by(self.consent, self.source, self.request.address)
        empty = not self.draft.phones and self.draft == _NOTHING
        external_id = external_id or self.external_id or self.own_id
        return Found(external_id, "ignored" if empty else "inquiry", self.draft, "empty" if empty else None)

    def walk(self, node: Mapping[str, Any], inside: str = "", path: str = "", depth: int = 0) -> None:
        """Takes every field of a nested object, each with what its name means where it stands."""
        for key, value in node.items():
            kind = type(value)
            if kind is str or kind is int or kind is float or kind is bool:
                self._field(key, inside, path, value)
            elif value is None or depth > MAX_DEPTH:
                continue
            elif kind is dict:
                held = pair(value) if "value" in value else None
                number = number_of(value) if meaning(key, inside) == "phone" else ""
                if number:
                    self._field(key, inside, path, number)
                    continue
                if ("first" in value or "last" in value) and meaning(key, inside) == "full_name":
                    self.name_parts(key, value)
                elif held is not None and not isinstance(held[1], dict):
                    self._field(key if meaning(key, inside) else held[0], inside, path, held[1])
                else:
                    self.walk(value, place(key, inside), f"{path}{key}.", depth + 1)
            elif kind is list:
                self._list(key, inside, path, value, depth)

    def _list(self, key: str, inside: str, path: str, values: list[Any], depth: int) -> None:
        objects = [value for value in values if isinstance(value, dict)]
        if key == "attachments" or not objects:
            self._field(key, inside, path, values)
            return
        if meaning(key, inside) == "phone":
            objects = [one for one in objects if not number_of(one)]
            values = [number_of(one) if isinstance(one, dict) else one for one in values]
        if plain := [one for one in values if one and not isinstance(one, dict)]:
            self._field(key, inside, path, plain)
        if are_pairs(objects):
            for label, held in filter(None, map(pair, objects)):
                self._field(label, inside, path, held)
        elif place(key, inside) == "messenger":
            for one in objects:
                self._messenger(one)
        elif place(key, inside) == "elsewhere":
            self.draft.extra.setdefault(f"{path}{key}"[:255], values)
        else:
            for number, one in enumerate(objects[:100]):
                self.walk(one, place(key, inside), f"{path}{key}.{number}." if number else f"{path}{key}.", depth + 1)

    def _messenger(self, one: Mapping[str, Any]) -> None:
        network, address = one.get("network") or one.get("type"), one.get("id") or one.get("value")
        if isinstance(network, str) and isinstance(address, str | int) and address:
            self.draft.messengers.append((network, str(address)))

    def _field(self, key: str, inside: str, path: str, value: Any) -> None:
        if value == "" or value is None or value == []:
            return
        if not self._counted():
            return
        name = f"{path}{key}" if path else key
        known = self._mapped(key, name) if self.field_map else None
        if known is None:
            if key in self.honeypots:
                self.draft.honeypot = str(value)
                return
            known = meaning(key, inside)
        if known is None:
            self._unknown(key, inside, name, value)
        elif known.startswith("mark:") and type(value) is str:
            self.draft.touch.setdefault(known[5:], value)
        else:
            self._understood(known, key, name, value)

    def _unknown(self, key: str, inside: str, name: str, value: Any) -> None:
        """Kept; what is of others is marked, and of a string of marks or cookies only the marks are taken."""
        if type(value) is str and "=" in value and place(key, inside) in ("touch", "first"):
            pairs = _pairs_in(value)
            for mark, told in pairs:
                self._field(mark, place(key, inside), "", told)
            if pairs or "cookie" in key.casefold():
                return
        self.keep(name, value)
        if inside == "elsewhere" or (is_of_staff(key) and key.count(" ") < _QUESTION):
            self.of_others.add(name[:255])

    def _counted(self) -> bool:
        """Whether one more field is still read."""
        self.fields += 1
        return self.fields <= MAX_FIELDS

    def _mapped(self, key: str, path: str) -> str | None:
        """The meaning that the operator gives a field."""
        target = self.field_map.get(path) or self.field_map.get(key)
        return mapped(target) if target else None

    def field(self, key: str, value: Any) -> None:
        """Takes one field, told by its name."""
        self._field(key, "", "", value)

    def put(self, known: str, key: str, value: Any) -> None:
        """Takes a field whose meaning the provider tells, such as `phone`; the operator knows better."""
        if value is not None and value != "" and value != [] and self._counted():
            self._understood((self.field_map and self._mapped(key, key)) or known, key, key, value)

    def name_parts(self, key: str, parts: Mapping[str, Any]) -> None:
        """A name whose parts came as one object: first, middle and last."""
        for part in ("first", "middle", "last"):
            self.put(f"{part}_name", f"{key}.{part}", parts.get(part))

    def ask(self, question: str, value: Any, key: str = "") -> None:
        """Takes the answer to a question in the form's own words: a contact, else a line of the message."""
        text = text_of(value).strip()
        if not text or not self._counted():
            return
        known = self._mapped(key or question, question) if self.field_map else None
        known = known or contact_asked_for(key) or contact_asked_for(question)
        if known:
            self._understood(known, question, key or question, value)
        elif not is_placeholder(text):
            self._say(f"{question.strip()}: {text}" if question.strip() else text)

    def _say(self, text: str) -> None:
        """One more line of the message; past what is kept of it, nothing is added."""
        message = self.draft.message
        if message is None or len(message) <= MAX_MESSAGE:
            self.draft.message = f"{message}\n{text}" if message else text

    def mark(self, name: str, value: Any) -> None:
        """A mark of the visit by its wire name (`utm_source`, `page_url`, `form_id`, ...); what came first stays."""
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            self.draft.touch.setdefault(name, str(value))

    def contacts_in(self, text: str, origin: str = "text") -> None:
        """Numbers and addresses that a person wrote in running text."""
        for phone in phones_in_text(text, self.source.default_region):
            self.draft.phones.append(Raw(phone, origin))
        for email in emails_in(text):
            self.draft.emails.append(Raw(email.address, origin))

    def keep(self, name: str, value: Any) -> None:
        """Keeps a value in extra, unless it says nothing or the name is taken."""
        if not is_placeholder(value) if type(value) is str else value not in (None, [], {}):
            self.draft.extra.setdefault(name[:255], value)

    def _understood(self, known: str, key: str, path: str, value: Any) -> None:
        draft = self.draft
        text = value if type(value) is str else text_of(value)
        if known.startswith("mark:"):
            draft.touch.setdefault(known[5:], text)
        elif known == "phone" or known == "email":
            target = draft.phones if known == "phone" else draft.emails
            origin = f"field {_shown(key)}"
            if type(value) is list:
                target += [Raw(text_of(one), origin) for one in value[:100]]
            else:
                target.append(Raw(text, origin))
        elif known in _SINGLE:
            if getattr(draft, known) is None:
                setattr(draft, known, text)
            elif getattr(draft, known) != text:
                self.keep(path, value)
        elif known == "message":
            self._say(text)
        elif ":" in known:
            prefix, _, rest = known.partition(":")
            self._prefixed(prefix, rest, text, value)
        elif known != "ignore":
            self._particular(known, path, text, value)

    def _prefixed(self, prefix: str, rest: str, text: str, value: Any) -> None:
        if prefix == "first":
            self.draft.first_touch.setdefault(rest, text)
        elif prefix == "extra":
            self.keep(rest, value)
        else:
            self.draft.messengers.append((rest, text))
            if rest in ("whatsapp", "viber"):
                self.draft.phones.append(Raw(text, f"field {rest}"))

    def _particular(self, known: str, path: str, text: str, value: Any) -> None:
        draft = self.draft
        if known == "occurred_at":
            draft.occurred_at = draft.occurred_at or self._moment(text)
            if draft.occurred_at is None:
                self.keep(path, value)
        elif known == "external_id":
            if self.external_id is None and not is_placeholder(text):
                self.external_id = text
            elif self.external_id != text:
                self.keep(path, value)
        elif known == "id":
            if len(text) == 36 and text.count("-") == 4 and self.own_id is None:
                self.own_id = text
            else:
                self.keep(path, value)
        elif known in ("fill_ms", "fill_seconds"):
            draft.fill_seconds = _seconds(text, 1000 if known == "fill_ms" else 1)
        elif known == "proof":
            draft.proof = text
        else:
            self.consent.setdefault(known, text)

    def _moment(self, text: str) -> datetime | None:
        """A time as programs write it, else as people of the source's country do."""
        zone, region = self.source.time_zone, self.source.default_region
        told = times.parse(text, zone)
        return told or local_dates.parse(text, zone, day_first=local_dates.day_first([text], region))

    def _cookies(self) -> None:
        cookies = self.request.headers.get("cookie")
        for cookie in cookies.split(";") if cookies else ():
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
            told = shape(value) if type(value) is str and name not in self.of_others else None
            if told == "email" and not any(raw.origin.startswith("field") for raw in draft.emails):
                draft.emails.append(Raw(value, f"shape of {_shown(name)}"))
            elif told == "phone" and not any(raw.origin.startswith("field") for raw in draft.phones):
                draft.phones.append(Raw(value, f"shape of {_shown(name)}"))
        if draft.full_name and shape(draft.full_name):
            (draft.emails if "@" in draft.full_name else draft.phones).append(Raw(draft.full_name, "shape of the name"))
        if not draft.phones and not draft.emails and not draft.messengers:
            self._in_free_text()

    def _with_country_code(self) -> None:
        """The country's code that a form asks for in a field of its own, before a number that is none without it."""
        code = next((text_of(told) for name, told in self.draft.extra.items() if is_country_code(name)), "").strip("+ ")
        if not code.isdecimal() or len(code) > _LONGEST_CODE:
            return
        region = self.source.default_region
        self.draft.phones = [
            raw if phones_in_field(raw.value, region) else Raw(f"+{code} {raw.value}", raw.origin)
            for raw in self.draft.phones
        ]

    def _in_free_text(self) -> None:
        """Contacts that stand among other words in fields whose names tell nothing; numbers in ids are none."""
        for name, value in self.draft.extra.items():
            if type(value) is str and name not in self.of_others and "://" not in value and not is_id(name):
                self.contacts_in(value, f"text of {_shown(name)}")


def _pairs_in(text: str) -> list[tuple[str, str]]:
    """The marks in `utm_source=ya&utm_medium=cpc`, `source=ya|medium=cpc` or a string of cookies."""
    pairs = [pair.strip().partition("=") for pair in re.split(r"[&;|]+", text[:8000].lstrip("?"))]
    return [(name, unquote_plus(value)) for name, mark, value in pairs if mark and meaning(name, "touch")]


def _shown(name: str) -> str:
    """A field's name fit for the report."""
    return name[:100] if name.isprintable() else clean(name)[:100]


def text_of(value: Any) -> str:
    """A field's value as text: the choices of a list joined by commas, an object says nothing."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is list:
        return ", ".join([text_of(one) for one in value[:100] if one is not None])
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return "" if isinstance(value, dict) else str(value)


def _seconds(text: str, divisor: int) -> float | None:
    try:
        seconds = float(text) / divisor
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e7 else None
