"""Sources and requests of forms, and what is made of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.settings import SourceSettings, SpamSettings
from leadkit.contracts.inquiry import Inquiry

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
GENERIC = provider_named("generic")
FORM = "application/x-www-form-urlencoded"


def source(secrets: dict[str, str] | None = None, *, spam: SpamSettings | None = None, **settings: Any) -> SourceView:
    return SourceView(
        UUID(int=1),
        UUID(int=2),
        "form",
        "generic",
        SourceSettings(**settings),
        secrets or {},
        spam=spam or SpamSettings(),
    )


def request(body: Any, kind: str = "application/json", query: str = "", **headers: str) -> WireRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return WireRequest("POST", "", query, told, raw, AT, address="192.0.2.7")


def found(body: Any, kind: str = "application/json", *, of: SourceView | None = None, **more: str) -> list[Found]:
    return GENERIC.read(request(body, kind, **more), of or source())


def normalised(body: Any, kind: str = "application/json", *, of: SourceView | None = None, **more: str) -> Normalised:
    [one] = found(body, kind, of=of, **more)
    return normalise(one, of or source(), submission_id=UUID(int=3), revision=1, received_at=AT)


def inquiry(body: Any, kind: str = "application/json", *, of: SourceView | None = None, **more: str) -> Inquiry:
    return normalised(body, kind, of=of, **more).inquiry


def multipart(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b"--b0\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--b0--\r\n"
