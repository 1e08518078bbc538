"""Sources and requests of telephony providers, and what is true of all of them: order and repeats change nothing."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import CallDraft, Found, SourceView, WireRequest
from leadkit.contracts.inquiry import Call, Touch

AT = datetime(2026, 3, 12, 9, 0, 5, tzinfo=UTC)
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def source(
    provider: str, *, region: str = "RU", zone: str = "Europe/Moscow", secret: str = "", **settings: Any
) -> SourceView:
    model = provider_named(provider).settings_model
    return SourceView(
        UUID(int=1), UUID(int=2), "call", provider, key="k3y",
        settings=model(default_region=region, time_zone=zone, **settings), secrets={"secret": secret} if secret else {},
    )  # fmt: skip


def sent(body: Any, *, rest: str = "", query: str = "", **headers: str) -> WireRequest:
    """A dict as JSON, a list of pairs as a form, text as it is; nothing: a GET."""
    kind = JSON if isinstance(body, dict) else FORM if isinstance(body, list) else headers.pop("kind", "text/csv")
    raw = json.dumps(body) if isinstance(body, dict) else urlencode(body) if isinstance(body, list) else body or ""
    return WireRequest(
        "POST" if body else "GET", rest, query, {"content-type": kind, **headers} if body else headers, raw.encode(), AT
    )


def read(view: SourceView, request: WireRequest) -> list[Found]:
    return provider_named(view.provider).read(request, view)


def done(view: SourceView, *found: Found) -> Normalised:
    """What the events together give."""
    merged = provider_named(view.provider).merge(found)
    return normalise(merged, view, submission_id=UUID(int=3), revision=1, received_at=AT)


def call(one: Normalised | Found) -> Call | CallDraft:
    about = one.draft.call if isinstance(one, Found) else one.inquiry.call
    assert about is not None
    return about


def touch(result: Normalised) -> Touch:
    assert result.inquiry.attribution.last is not None
    return result.inquiry.attribution.last


def told(result: Normalised) -> tuple[Any, ...]:
    """Status, reason, phones and the call's result, duration, wait and recording."""
    one = result.inquiry.call
    about = (one.result, one.duration_seconds, one.wait_seconds, one.recording_url) if one else None
    return result.status, result.reason, result.inquiry.phones, about
