"""A request of a provider read without the wire: what the reader finds, normalised."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, SourceView, WireRequest
from leadkit.contracts.inquiry import Inquiry

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def source_of(slug: str, *, settings: dict[str, Any] | None = None, **secrets: str) -> SourceView:
    provider = provider_named(slug)
    settings_made = provider.settings_model(**(settings or {}))
    return SourceView(
        UUID(int=1), UUID(int=2), provider.channels[0], slug, settings=settings_made, secrets=dict(secrets)
    )


def request(body: Any = b"", *, rest: str = "", query: str = "", method: str = "POST", **headers: str) -> WireRequest:
    """An object becomes JSON, a text or a list of pairs a form; header names are written with underscores."""
    kind = "application/json" if isinstance(body, dict | list | bytes) else FORM
    sent = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return WireRequest(method, rest, query, sent, content, AT)


def form(**fields: Any) -> str:
    return urlencode(fields)


def found(slug: str, sent: WireRequest, source: SourceView | None = None) -> list[Found]:
    return provider_named(slug).read(sent, source or source_of(slug))


def told(found: Found, slug: str) -> Normalised:
    return normalise(found, source_of(slug), submission_id=UUID(int=3), revision=1, received_at=AT)


def inquiry(slug: str, body: Any = b"", *, settings: dict[str, Any] | None = None, **sent: Any) -> Inquiry:
    """The one inquiry in a request."""
    source = source_of(slug, settings=settings)
    [one] = found(slug, request(body, **sent), source)
    return normalise(one, source, submission_id=UUID(int=3), revision=1, received_at=AT).inquiry


def merged(slug: str, events: Sequence[Any]) -> Normalised:
    """What several requests about one thing make together."""
    each = [one for event in events for one in found(slug, request(event))]
    return told(provider_named(slug).merge(each), slug)


def ignored_for(slug: str, body: Any = b"", **sent: Any) -> str | None:
    """Why a request makes no inquiry; None when it makes one."""
    [one] = found(slug, request(body, **sent))
    return one.reason if one.disposition == "ignored" else None
