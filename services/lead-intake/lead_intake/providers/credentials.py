"""The shared secret of providers that do not sign, and hiding secrets in whatever is stored."""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Literal
from urllib.parse import parse_qsl, quote, quote_plus

from lead_intake.normalising.marks import COOKIES
from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.providers.bodies import SECRET_PARAMETERS

_HEADERS = ("x-webhook-key", "x-api-key")
BODY_FIELDS = frozenset({"api_key", "integration_key", "secret"})
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", *_HEADERS})
_GUARDED = _SECRET_HEADERS | {"cookie"}
_SHORT = 8


def same(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def carries_secret(
    request: WireRequest, source: SourceView, body_values: Iterable[str], *, name: str = "secret"
) -> bool:
    """Whether the source's secret stands in query, headers or body. A source without a secret takes every request."""
    expected = source.secrets.get(name)
    if not expected:
        return True
    given = chain(_in_query(request.query), _in_headers(request.headers), body_values)
    return any(same(one, expected) for one in given)


def _in_query(query: str) -> Iterator[str]:
    if query:
        for name, value in _pairs(query):
            if name.lower() in SECRET_PARAMETERS:
                yield value


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=1000, errors="replace")
    except ValueError:
        return []


def _in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name in _HEADERS:
        if name in headers:
            yield headers[name]
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        user, _, password = _basic(value).partition(":")
        yield from (user, password)
    elif scheme:
        yield from (value.strip(), headers["authorization"])


def basic_user(headers: Mapping[str, str]) -> str | None:
    """The user of `Authorization: Basic`; None where there is no such header."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return _basic(value).partition(":")[0] if scheme.lower() == "basic" else None


def _basic(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def signed_with(secret: str | None, body: bytes, algorithm: Literal["sha1", "sha256"] = "sha256") -> "hmac.HMAC | None":
    """The keyed digest of the bytes as they came; None without a secret: then nothing is authentic."""
    return hmac.new(secret.encode(), body, algorithm) if secret else None


def masked(request: WireRequest, secrets: Iterable[str]) -> WireRequest:
    """The request with each secret value overwritten by `*` of equal length, wherever it stands and however escaped.
    Headers that carry credentials and cookies that are no marks of a visit are overwritten whatever their value."""
    values = [secret for secret in secrets if secret]
    if not values and not request.query and _GUARDED.isdisjoint(request.headers):
        return request
    return replace(
        request,
        rest=_masked_text(request.rest, values) if request.rest else "",
        query=_masked_text(_masked_parameters(request.query), values) if request.query else "",
        headers={name: _masked_header(name, value, values) for name, value in request.headers.items()},
        body=_masked_body(request.body, values) if values else request.body,
    )


def _masked_parameters(query: str) -> str:
    parts = []
    for part in query.split("&"):
        name, mark, value = part.partition("=")
        parts.append(f"{name}={'*' * len(value)}" if mark and name.lower() in SECRET_PARAMETERS else part)
    return "&".join(parts)


def _masked_header(name: str, value: str, secrets: list[str]) -> str:
    if name in _SECRET_HEADERS:
        scheme, space, rest = value.partition(" ")
        return f"{scheme} {'*' * len(rest)}" if space else "*" * len(value)
    if name == "cookie":
        return "; ".join([_masked_cookie(cookie.strip()) for cookie in value.split(";")])
    return _masked_text(value, secrets) if secrets else value


def _masked_cookie(cookie: str) -> str:
    name, mark, value = cookie.partition("=")
    return cookie if name in COOKIES or name.startswith("_ga") else f"{name}{mark}{'*' * len(value)}"


def _masked_text(text: str, secrets: list[str]) -> str:
    return _masked_body(text.encode("utf-8", "surrogateescape"), secrets).decode("utf-8", "surrogateescape")


def _masked_body(body: bytes, secrets: list[str]) -> bytes:
    for secret in secrets:
        for form in _forms(secret):
            if form in body:
                body = _overwritten(body, form, whole_values=len(secret) < _SHORT)
    return body


def _overwritten(body: bytes, form: bytes, *, whole_values: bool) -> bytes:
    """A short secret is overwritten only where it is a whole value: elsewhere it may be part of a word."""
    stars = b"*" * len(form)
    if not whole_values:
        return body.replace(form, stars)
    for before, after in ((b"=", b"&"), (b'"', b'"'), (b"\n", b"\r")):
        body = body.replace(before + form + after, before + stars + after)
    return body[: -len(form)] + stars if body.endswith(b"=" + form) else body


def _forms(secret: str) -> dict[bytes, None]:
    """The ways a text is written in forms, queries, JSON and multipart bodies, longest first. What a sender takes for a
    secret may be any JSON text, half a character too."""
    raw = secret.encode("utf-8", "surrogatepass")
    written = [
        quote(raw, safe="").encode(), quote_plus(raw).encode(), quote(raw).encode(), json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"), raw,
    ]  # fmt: skip
    written += [_lower_escapes(form) for form in written[:3]]
    return dict.fromkeys(sorted(written, key=len, reverse=True))


def _lower_escapes(form: bytes) -> bytes:
    parts = form.split(b"%")
    return b"%".join([parts[0], *[part[:2].lower() + part[2:] for part in parts[1:]]])
