"""Google Ads lead forms: a lead a request, proved by the key typed into the form's settings. Sent at least once."""

from collections.abc import Mapping
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.normalising import times
from lead_intake.providers import bodies
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireAnswer, WireRequest, json_answer
from lead_intake.providers.forms import FormReader
from lead_intake.providers.settings import Secrets
from lead_intake.providers.webhooks import SharedSecret

_COLUMNS = {
    "FULL_NAME": "full_name", "FIRST_NAME": "first_name", "LAST_NAME": "last_name", "EMAIL": "email",
    "WORK_EMAIL": "email", "PHONE_NUMBER": "phone", "WORK_PHONE": "phone", "COMPANY_NAME": "company",
    "JOB_TITLE": "position",
}  # fmt: skip
_KEPT = ("CITY", "REGION", "COUNTRY", "POSTAL_CODE", "STREET_ADDRESS")
_TEST_LEAD, _DUMMY = "TeSter-123-", "dummy_value"


class GoogleSecrets(Secrets):
    """What stands in the lead form's settings under Webhook."""

    secret: str | None = Field(default=None, max_length=1024, description="Key, sent in each lead as google_key")


class GoogleAds(SharedSecret):
    """Leads of Google Ads lead form assets."""

    slug: ClassVar[str] = "google_ads"
    title: ClassVar[str] = "Google Ads lead forms"
    channels: ClassVar[tuple[Channel, ...]] = ("ads",)
    secrets_model: ClassVar[type[BaseModel]] = GoogleSecrets
    hint: ClassVar[str] = "Lead form asset, Export leads, Webhook: the address as URL, the source's secret as key."
    proof_field: ClassVar[str | None] = "google_key"
    accepted: ClassVar[WireAnswer] = json_answer({})

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One lead; those of the button "send test data" are none."""
        body = bodies.record_of(request)
        lead_id = bodies.word(body.get("lead_id"))
        columns = [bodies.node(one) for one in bodies.listed(body.get("user_column_data"))]
        if _is_test(body, lead_id, columns):
            return [Found(lead_id, "ignored", Draft(), "test_lead")]
        if not lead_id and not columns:
            raise Unreadable("neither lead_id nor user_column_data")
        reader = FormReader(request, source)
        for column in columns:
            _take(reader, column)
        _marks(reader, body)
        reader.draft.occurred_at = times.parse(bodies.word(body.get("lead_submit_time")) or "", source.time_zone)
        return [reader.found(lead_id)]


def _is_test(body: Mapping[str, Any], lead_id: str | None, columns: list[dict[str, Any]]) -> bool:
    if str(body.get("is_test", "")).lower() == "true" or (lead_id or "").startswith(_TEST_LEAD):
        return True
    return _DUMMY in body or any(_DUMMY in (column.get("string_value"), column.get("column_id")) for column in columns)


def _take(reader: FormReader, column: Mapping[str, Any]) -> None:
    """Standard columns are told by their id; of the form's own questions it is the wording."""
    identity, value = bodies.word(column.get("column_id")) or "", column.get("string_value")
    known = _COLUMNS.get(identity.upper())
    if known:
        reader.put(known, identity, value)
    elif identity.upper() in _KEPT:
        reader.keep(identity.lower(), value or "")
        if identity.upper() in ("CITY", "REGION") and not (reader.draft.region and identity.upper() == "REGION"):
            reader.draft.region = bodies.word(value)
    else:
        reader.ask(bodies.word(column.get("column_name")) or identity, value, identity)


def _marks(reader: FormReader, body: Mapping[str, Any]) -> None:
    reader.mark("utm_source", "google")
    reader.mark("utm_medium", "cpc")
    reader.mark("gclid", body.get("gcl_id"))
    for name in ("campaign_id", "adgroup_id", "creative_id", "form_id"):
        if body.get(name) not in (0, "0"):
            reader.mark(name, body.get(name))
    for name in ("asset_group_id", "lead_source"):
        reader.keep(name, bodies.word(body.get(name)) or "")
