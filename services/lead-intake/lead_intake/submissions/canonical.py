"""Inquiries that other systems hand over in the canonical form: read, and so normalised, like any other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from leadkit.contracts.inquiry import Inquiry, Touch

from lead_intake.providers.base import CallDraft, ConsentDraft, Draft, Found, Raw, Unreadable, WireRequest

# Our names of a touch's values as landing pages write them.
_WIRE_NAMES = {name: f"utm_{name}" for name in ("source", "medium", "campaign", "content", "term")}
_CLIENT_IDS = {"ym": "_ym_uid", "ga": "_ga", "fbp": "_fbp", "fbc": "_fbc"}
_PLAIN = ("campaign_id", "adgroup_id", "ad_id", "form_id", "landing_url", "page_url", "referrer")


def read(request: WireRequest) -> Found:
    """The one inquiry in a stored canonical request."""
    try:
        inquiry = Inquiry.model_validate(orjson.loads(request.body))
    except ValueError as error:
        raise Unreadable("not_canonical") from error
    return Found(external_id=inquiry.external_id, disposition="inquiry", draft=draft(inquiry))


def packed(inquiry: Mapping[str, Any], *, now: datetime) -> WireRequest:
    """The inquiry as a request to be stored and read, now and at every replay."""
    return WireRequest("POST", "", "", {}, orjson.dumps(inquiry), now)


def id_in(request: WireRequest) -> UUID:
    """The inquiry's id: from outside any UUID will do."""
    return UUID(orjson.loads(request.body)["id"])


def draft(inquiry: Inquiry) -> Draft:
    """The inquiry as if a reader had found it."""
    person = inquiry.person
    return Draft(
        full_name=person.full_name, first_name=person.first_name, middle_name=person.middle_name,
        last_name=person.last_name, company=person.company, position=person.position,
        phones=[Raw(phone, f"phones/{place}") for place, phone in enumerate(inquiry.phones)],
        emails=[Raw(email, f"emails/{place}") for place, email in enumerate(inquiry.emails)],
        messengers=[(messenger.network, messenger.id) for messenger in inquiry.messengers],
        subject=inquiry.subject, message=inquiry.message, product=inquiry.product, region=inquiry.region,
        language=inquiry.language, occurred_at=inquiry.occurred_at,
        budget=str(inquiry.budget.amount) if inquiry.budget else None,
        budget_currency=inquiry.budget.currency if inquiry.budget else None,
        touch=_marks(inquiry.attribution.last), first_touch=_marks(inquiry.attribution.first),
        call_tracking=inquiry.attribution.call_tracking,
        call=CallDraft(**dict(inquiry.call)) if inquiry.call else None,
        consent=ConsentDraft(**dict(inquiry.consent)) if inquiry.consent else None,
        in_reply_to=inquiry.in_reply_to, references=list(inquiry.references), extra=dict(inquiry.extra),
        vouched=True,
    )  # fmt: skip


def _marks(touch: Touch | None) -> dict[str, str]:
    if touch is None:
        return {}
    values: Mapping[str, Any] = dict(touch)
    marks = {wire: values[ours] for ours, wire in _WIRE_NAMES.items()} | {name: values[name] for name in _PLAIN}
    marks |= touch.click_ids | {_CLIENT_IDS.get(name, name): value for name, value in touch.client_ids.items()}
    if touch.at is not None:
        marks["at"] = touch.at.isoformat()
    return {name: value for name, value in marks.items() if value}
