"""Webflow: form submissions, signed when the webhook was made over the API; those of the dashboard are not.

The signature covers the timestamp, so an old request cannot be sent again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireRequest
from lead_intake.providers.forms import FormReader
from lead_intake.providers.settings import Secrets
from lead_intake.providers.webhooks import SharedSecret

_SIGNATURE, _TIMESTAMP = "x-webflow-signature", "x-webflow-timestamp"
_ENVELOPE = frozenset({"formId", "formName", "submissionId", "fields", "dateSubmitted"})


class WebflowSecrets(Secrets):
    """A webhook made over the API is signed; one made in the dashboard is not."""

    secret: str | None = Field(
        default=None,
        max_length=1024,
        description="The webhook's secret or the app's client secret; made in the dashboard: ours, in the address",
    )


class Webflow(SharedSecret):
    """Forms of Webflow sites."""

    slug: ClassVar[str] = "webflow"
    title: ClassVar[str] = "Webflow"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    secrets_model: ClassVar[type[BaseModel]] = WebflowSecrets
    hint: ClassVar[str] = "Site settings, Apps & integrations, Webhooks, Form submission: the address with ?key=secret."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A signed request by its signature and age; an unsigned one by the secret in the address."""
        if _SIGNATURE not in request.headers:
            return super().verify(request, source)
        timestamp = request.headers.get(_TIMESTAMP, "").strip()
        signed = credentials.signed_with(source.secrets.get("secret"), timestamp.encode() + b":" + request.body)
        if signed is None or not credentials.same(request.headers[_SIGNATURE].strip().lower(), signed.hexdigest()):
            return False
        tolerance, sent = source.settings.signature_tolerance_s, times.parse(timestamp, source.time_zone)
        if tolerance is None:
            return True
        return sent is not None and abs(request.received_at - sent) <= timedelta(seconds=tolerance)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One submission, in the envelope of v2, the other one seen for it, or that of v1."""
        body = bodies.record_of(request)
        kind = bodies.word(body.get("triggerType")) or "form_submission"
        if kind != "form_submission":
            return [Found(None, "ignored", Draft(), f"event {kind[:100]}")]
        told = bodies.node(body.get("payload")) or body
        data = told.get("data")
        if not isinstance(data, dict):
            raise Unreadable("no data")
        if isinstance(data.get("fields"), dict) and _ENVELOPE & data.keys() != {"fields"}:
            told, data = told | data, data["fields"]
        return [_form(FormReader(request, source), told, data, source)]


def _form(reader: FormReader, told: Mapping[str, Any], data: Mapping[str, Any], source: SourceView) -> Found:
    reader.walk(data)
    reader.mark("form_id", told.get("formId") or told.get("formElementId"))
    page = bodies.word(told.get("pageUrl")) or ""
    if "://" in page:
        reader.mark("page_url", page)
    else:
        reader.keep("page_path", page)
    reader.keep("form_name", told.get("formName") or told.get("name") or "")
    reader.keep("site_id", told.get("siteId") or told.get("site") or "")
    at = (bodies.word(told.get(name)) for name in ("submittedAt", "dateSubmitted", "d"))
    reader.draft.occurred_at = times.parse(next(filter(None, at), ""), source.time_zone)
    named = (bodies.word(told.get(name)) for name in ("id", "submissionId", "_id"))
    return reader.found(next(filter(None, named), None))
