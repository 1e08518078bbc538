"""Which values a source may have. Pure."""

import re
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple, get_args

import idna
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY_LENGTH = 24


def new_key() -> str:
    """A public key that can be read aloud: no letters that look alike, 120 bits."""
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(_KEY_LENGTH))


def with_meant_nulls(model: type[BaseModel], values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Absent and null mean the same in a request, except where null switches off what is on by default."""
    fields = model.model_fields
    return {
        name: value
        for name, value in (values or {}).items()
        if value is not None or (name in fields and _can_be_off(fields[name]))
    }


def _can_be_off(field: FieldInfo) -> bool:
    return field.default is not None and NoneType in get_args(field.annotation)


def page_allowed(headers: Mapping[str, str], allowed: Sequence[str]) -> bool:
    """Whether whoever sends a request with these headers may: a page by its `Origin`, or else by its `Referer`.

    Our own form is always let in. A program sends neither header and no `Sec-Fetch-Site`: it is not for CORS to judge.
    """
    if not allowed or "*" in allowed:
        return True
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site == "same-origin":
        return True
    if origin is None:
        if site in (None, "none"):
            return True
        origin = _origin_of(headers.get("referer", ""))
    elif site is None and origin.partition("://")[2] == headers.get("host"):
        return True
    return origin_allowed(origin, allowed)


def origin_allowed(origin: str | None, allowed: Sequence[str]) -> bool:
    """Whether an origin is named, as `https://www.example.ru`, `example.ru` or `*.example.ru`; none named: all are."""
    if not allowed or origin is None or "*" in allowed:
        return True
    parts = _parts(origin)
    return any(_matches(parts, _parts(entry)) for entry in allowed)


def ascii_origin(entry: str) -> str:
    """An allowed origin as browsers write it: `https://xn--...` for what people write in their own letters."""
    parts = _parts(entry)
    scheme, port = f"{parts.scheme}://" if parts.scheme else "", f":{parts.port}" if parts.port else ""
    return f"{scheme}{parts.host}{port}"


class _Parts(NamedTuple):
    """An origin, or what names several: without a scheme or port any will do."""

    scheme: str
    host: str
    port: str


@lru_cache(maxsize=1024)
def _parts(written: str) -> _Parts:
    scheme, _, rest = written.strip().lower().rstrip("/").rpartition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or not port.isdigit():
        host, port = rest, ""
    return _Parts(scheme, _ascii(host), port)


def _ascii(host: str) -> str:
    """Browsers send `xn--...` where people write `*.пример.рф`."""
    if host.isascii():
        return host
    star = "*." if host.startswith("*.") else ""
    try:
        return star + idna.encode(host.removeprefix("*."), uts46=True).decode()
    except idna.IDNAError:
        return host


def _matches(page: _Parts, entry: _Parts) -> bool:
    if (entry.scheme and page.scheme != entry.scheme) or ((entry.scheme or entry.port) and page.port != entry.port):
        return False
    if entry.host.startswith("*."):
        return page.host.endswith(entry.host[1:])
    return page.host == entry.host


def _origin_of(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}" if separator else "null"
