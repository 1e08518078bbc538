"""VK lead forms by the Callback API of a community: the secret stands in the body, `ok` is the only good answer.

A lead without a time is of the time of receipt; leads read by `leadForms.getLeads` have the same answers and a date."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, ConfigDict, Field

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireAnswer, WireRequest, plain
from lead_intake.providers.forms import FormReader
from lead_intake.providers.settings import Secrets, SourceSettings
from lead_intake.providers.webhooks import SharedSecret

_KEYS = {
    "first_name": "first_name", "last_name": "last_name", "patronymic_name": "middle_name", "full_name": "full_name",
    "phone_number": "phone", "email": "email", "company_name": "company", "job_title": "position",
}  # fmt: skip
_KEPT = ("age", "birthday", "location")


class VkSettings(SourceSettings):
    """Settings of a VK source."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    group_id: str | None = Field(
        default=None, pattern=r"^\d+$", description="The community; those of others are refused"
    )


class VkSecrets(Secrets):
    """Both stand in the community's settings under API usage, Callback API."""

    secret: str | None = Field(default=None, max_length=1024, description="Secret key, sent in each event")
    confirmation: str | None = Field(default=None, max_length=255, description="String that the server has to answer")


class Vk(SharedSecret):
    """Leads of VK lead forms."""

    slug: ClassVar[str] = "vk"
    title: ClassVar[str] = "VK lead forms"
    channels: ClassVar[tuple[Channel, ...]] = ("ads",)
    settings_model: ClassVar[type[SourceSettings]] = VkSettings
    secrets_model: ClassVar[type[BaseModel]] = VkSecrets
    hint: ClassVar[str] = "Community, Manage, API usage, Callback API: the address; event Lead forms, new lead."
    proof_field: ClassVar[str | None] = "secret"
    accepted: ClassVar[WireAnswer] = plain("ok")

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret and, where it is set, the community; the question for the confirmation comes without a secret."""
        event = _event(request)
        community = getattr(source.settings, "group_id", None)
        if community and "type" in event and not credentials.same(bodies.word(event.get("group_id")) or "", community):
            return False
        return event.get("type") == "confirmation" or super().verify(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """A new lead; every other event is none."""
        event = bodies.record_of(request)
        kind = bodies.word(event.get("type"))
        if kind == "confirmation":
            return [Found(None, "ignored", Draft(), "handshake")]
        if kind not in (None, "lead_forms_new"):
            return [Found(bodies.word(event.get("event_id")), "ignored", Draft(), f"event {kind[:100]}")]
        lead = event if kind is None else bodies.node(event.get("object"))
        if "answers" not in lead:
            raise Unreadable("no answers")
        return [_lead(FormReader(request, source), lead, event, source)]

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """Anything but `ok` makes VK send the event again."""
        if _event(request).get("type") == "confirmation":
            return plain(source.secrets.get("confirmation") or "")
        return self.accepted


def _event(request: WireRequest) -> dict[str, Any]:
    try:
        return bodies.node(bodies.parsed(request))
    except Unreadable:
        return {}


def _lead(reader: FormReader, lead: Mapping[str, Any], event: Mapping[str, Any], source: SourceView) -> Found:
    for one in bodies.listed(lead.get("answers")):
        _take(reader, bodies.node(one))
    reader.mark("utm_source", "vk")
    reader.mark("form_id", lead.get("form_id"))
    if lead.get("ad_id") not in (0, "0"):
        reader.mark("ad_id", lead.get("ad_id"))
    reader.keep("form_name", lead.get("form_name") or "")
    user = bodies.word(lead.get("user_id"))
    if user and user != "0":
        reader.keep("vk_user_id", user)
        reader.draft.messengers.append(("vk", user))
    reader.draft.occurred_at = times.parse(bodies.word(lead.get("date")) or "", source.time_zone)
    group = bodies.word(lead.get("group_id")) or bodies.word(event.get("group_id"))
    group = group or getattr(source.settings, "group_id", None)
    parts = (group, bodies.word(lead.get("form_id")), bodies.word(lead.get("lead_id")))
    return reader.found(":".join([part or "" for part in parts]) if parts[2] else bodies.word(event.get("event_id")))


def _take(reader: FormReader, one: Mapping[str, Any]) -> None:
    key, value = bodies.word(one.get("key")) or "", _value(one.get("answer"))
    if key in _KEYS:
        reader.put(_KEYS[key], key, value)
    elif key in _KEPT:
        reader.keep(key, value)
        if key == "location":
            reader.put("region", key, value)
    else:
        reader.ask(bodies.word(one.get("question")) or key, value, key)


def _value(answer: Any) -> str:
    """A text, an object with `value`, or a list of either."""
    values = [bodies.node(one).get("value") if isinstance(one, dict) else one for one in bodies.listed(answer)]
    if isinstance(answer, dict):
        values = [answer.get("value")]
    return ", ".join([word for word in map(bodies.word, values) if word])
