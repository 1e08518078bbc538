"""Tilda: forms and orders of its sites. No signature, an API key of ours in a field or header; no time of its own.

The cookie string that comes along holds secrets of the visitor's sessions: known marks are taken, the rest dropped."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import unquote

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising.marks import COOKIES
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireAnswer, WireRequest, plain
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_KEPT_COOKIES = COOKIES | {"TILDAUTM", "tildauid", "tildasid", "previousUrl", "_ym_d"}
_CHECKBOX = re.compile(r"checkbox(_\d+)?", re.IGNORECASE)
_AGREED = frozenset({"yes", "on", "1", "true", "да"})
_COOKIE_FIELD = re.compile(rb"(?:^|&)COOKIES=([^&]*)", re.IGNORECASE)
_COOKIE_SPLIT = re.compile(rb"(;|%3B)((?:\s|\+|%20)*)", re.IGNORECASE)
_COOKIE_MARK = re.compile(rb"=|%3D", re.IGNORECASE)
_ORDER = (
    ("orderid", "order_id"), ("amount", "amount"), ("subtotal", "subtotal"), ("promocode", "promocode"),
    ("discount", "discount"), ("discountvalue", "discount_value"), ("delivery", "delivery"),
    ("delivery_price", "delivery_price"), ("delivery_address", "delivery_address"), ("delivery_zip", "delivery_zip"),
)  # fmt: skip


class Tilda(SharedSecret):
    """Forms and carts of Tilda sites."""

    slug: ClassVar[str] = "tilda"
    title: ClassVar[str] = "Tilda"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    hint: ClassVar[str] = "Site settings, Forms, Webhook: the address, with an API key named api_key as POST parameter."
    proof_field: ClassVar[str | None] = "api_key"
    accepted: ClassVar[WireAnswer] = plain("ok")

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The owner names the field or header of the key, so any may hold it; the test that Tilda sends when the
        address is added may come without it."""
        expected = source.secrets.get("secret")
        if not expected or super().verify(request, source) or _is_ping(request):
            return True
        given = [*_plain_values(request), *request.headers.values()]
        return any(credentials.same(value, expected) for value in given)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One form or order; the transaction number tells repeats."""
        fields = dict(bodies.record_of(request))
        if fields.get("test") == "test" and all(name in _PING or _is_key(fields[name], source) for name in fields):
            return [Found(None, "ignored", Draft(), "ping")]
        reader = FormReader(request, source)
        technical = {name.lower(): fields.pop(name) for name in list(fields) if name.lower() in _TECHNICAL}
        for name, value in fields.items():
            if not _is_key(value, source):
                _take(reader, name, value)
        payment = bodies.node(technical.get("payment"))
        _order(reader, payment)
        for name, value in _marks(bodies.word(technical.get("cookies")) or ""):
            reader.mark(name, value)
        reader.mark("form_id", technical.get("formid"))
        for name in ("formid", "formname"):
            if technical.get(name):
                reader.keep(name, technical[name])
        return [reader.found(bodies.word(technical.get("tranid")) or bodies.word(payment.get("orderid")))]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Overwrites the key and the cookies that are no marks of a visit."""
        masked = super().mask(request, source)
        return replace(masked, body=_COOKIE_FIELD.sub(_without_sessions, masked.body))


_PING = frozenset({"test", "api_key"})
"""What the test of an address consists of, beside a key of another name."""
_TECHNICAL = frozenset({"tranid", "formid", "formname", "cookies", "payment"})


def _is_ping(request: WireRequest) -> bool:
    return request.body.strip() in (b"test=test", b'{"test":"test"}', b'{"test": "test"}')


def _plain_values(request: WireRequest) -> list[str]:
    try:
        return [value for value in bodies.record_of(request).values() if isinstance(value, str)]
    except Unreadable:
        return []


def _is_key(value: Any, source: SourceView) -> bool:
    """The API key under whatever name, also when it was overwritten before it was stored."""
    if not isinstance(value, str) or len(value) < 4:
        return False
    return not value.strip("*") or credentials.same(value, source.secrets.get("secret") or "")


def _take(reader: FormReader, name: str, value: Any) -> None:
    if _CHECKBOX.fullmatch(name) and str(value).strip().casefold() in _AGREED:
        reader.put("consent", name, value)
        reader.keep("consent", True)
    else:
        reader.walk({name: value})


def _order(reader: FormReader, payment: Mapping[str, Any]) -> None:
    """The cart, whose products are lines of text or objects."""
    if not payment:
        return
    for theirs, ours in _ORDER:
        if payment.get(theirs) not in (None, ""):
            reader.keep(ours, payment[theirs])
    products = bodies.listed(payment.get("products"))
    if products:
        reader.keep("products", products)
    if payment.get("sys") not in (None, "", "none"):
        reader.keep("payment_system", payment["sys"])
        reader.keep("payment_id", payment.get("systranid"))
    if reader.draft.full_name is None:
        reader.put("full_name", "payment.delivery_fio", payment.get("delivery_fio"))
    reader.put("message", "payment.delivery_comment", payment.get("delivery_comment"))


def _marks(cookies: str) -> Iterator[tuple[str, str]]:
    """The known marks in a cookie string; those of the last tagged visit lie in one cookie of Tilda's."""
    for cookie in cookies.split(";"):
        name, mark, value = cookie.strip().partition("=")
        if not mark:
            continue
        if name == "TILDAUTM":
            yield from _tilda_utm(value)
        elif name in COOKIES:
            yield name, unquote(value)


def _tilda_utm(value: str) -> Iterator[tuple[str, str]]:
    """`utm_source=vk|||utm_medium=social|||`, URL-encoded once or twice, the separator HTML-escaped by some."""
    text = unquote(value)
    for pair in (text if "=" in text else unquote(text)).split("|||"):
        name, mark, content = pair.removeprefix("amp;").partition("=")
        if mark and name.strip():
            yield name.strip().lower(), content


def _without_sessions(found: re.Match[bytes]) -> bytes:
    field = found[0][: len(found[0]) - len(found[1])]
    parts = _COOKIE_SPLIT.split(found[1])
    return field + b"".join([_masked(part) if place % 3 == 0 else part for place, part in enumerate(parts)])


def _masked(cookie: bytes) -> bytes:
    mark = _COOKIE_MARK.search(cookie)
    if mark is None or unquote(cookie[: mark.start()].decode("latin-1")).strip() in _KEPT_COOKIES:
        return cookie
    return cookie[: mark.end()] + b"*" * (len(cookie) - mark.end())
