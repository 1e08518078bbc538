"""Which values a source may have. Pure."""

import secrets
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, get_args
from urllib.parse import urlsplit

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


def origin_allowed(origin: str | None, allowed: Sequence[str]) -> bool:
    """Whether a page may post: its `Origin` is named, as `https://www.example.ru`, `example.ru` or `*.example.ru`.

    A request without `Origin` comes from no page and is not for CORS to judge.
    """
    if not allowed or origin is None or "*" in allowed:
        return True
    host = urlsplit(origin).hostname or ""
    return any(_matches(origin.lower(), host, entry.lower().rstrip("/")) for entry in allowed)


def _matches(origin: str, host: str, entry: str) -> bool:
    scheme, separator, rest = entry.rpartition("://")
    if separator and not origin.startswith(f"{scheme}://"):
        return False
    if rest.startswith("*."):
        return host.endswith(rest[1:])
    return origin.partition("://")[2] == rest or (not separator and host == rest)
