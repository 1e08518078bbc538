"""The submission that sites already post to HubSpot's form API (v3 JSON, v2 urlencoded), sent here instead."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, WireAnswer, WireRequest, json_answer
from lead_intake.providers.fields import meaning
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_OF_COMPANY = {"name": "company", "company": "company"}
_COMPANY = "0-2"


class HubSpot(SharedSecret):
    """Submissions in the shape of HubSpot's form API. Browsers post them."""

    slug: ClassVar[str] = "hubspot"
    title: ClassVar[str] = "HubSpot forms API"
    channels: ClassVar[tuple[Channel, ...]] = ("form",)
    browsers_post: ClassVar[bool] = True
    hint: ClassVar[str] = "In the site's script: the address in place of https://api.hsforms.com, its path kept."

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One submission; portal and form are told by the path."""
        body = bodies.record_of(request)
        reader = FormReader(request, source)
        context = bodies.node(body.get("context") or body.get("hs_context"))
        if "fields" in body:
            for one in bodies.listed(body["fields"]):
                _take(reader, bodies.node(one))
        else:
            reader.walk({key: value for key, value in body.items() if key != "hs_context"})
        reader.mark("page_url", context.get("pageUri") or context.get("pageUrl"))
        reader.keep("page_title", context.get("pageName") or "")
        reader.keep("hutk", context.get("hutk") or "")
        _consent(reader, bodies.node(body.get("legalConsentOptions")))
        path = [part for part in request.rest.split("/") if part]
        if len(path) >= 2 and path[-2].isdigit():
            reader.mark("form_id", path[-1])
            reader.keep("portal_id", path[-2])
        reader.draft.occurred_at = times.parse(bodies.word(body.get("submittedAt")) or "", source.time_zone)
        return [reader.found()]

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """What HubSpot's script shows or goes to."""
        if source.redirect_url:
            return json_answer({"redirectUri": source.redirect_url})
        return json_answer({"inlineMessage": "Thanks"})


def _take(reader: FormReader, field: Mapping[str, Any]) -> None:
    name, value = bodies.word(field.get("name")), field.get("value")
    if not name:
        return
    if field.get("objectTypeId") == _COMPANY and name not in reader.field_map:
        known = _OF_COMPANY.get(name)
        if known:
            reader.put(known, name, value)
        reader.keep("company" if known else f"company_{name}", value)
        return
    reader.field(name, value)
    if meaning(name) == "company":
        reader.keep("company", value)


def _consent(reader: FormReader, options: Mapping[str, Any]) -> None:
    consent, interest = bodies.node(options.get("consent")), bodies.node(options.get("legitimateInterest"))
    given = consent.get("consentToProcess") if consent else interest.get("value")
    if given is None:
        return
    reader.put("consent", "consent", given)
    reader.put("consent_text", "consent", consent.get("text") or interest.get("text"))
    reader.keep("consent", bool(given))
