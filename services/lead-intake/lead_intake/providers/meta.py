"""Meta lead ads (Facebook, Instagram): the notice holds ids only, the contacts are asked of the Graph API with a token.

The answer of the Graph API is read like a request: it completes the submission that the notice made, and a connector
may post leads that it fetched itself in the same shape."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, Field

from lead_intake.normalising import times
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Found, SourceView, Unreadable, WireAnswer, WireRequest, plain
from lead_intake.providers.forms import FormReader
from lead_intake.providers.questions import NoAccess, Question, Reply
from lead_intake.providers.settings import Secrets
from lead_intake.providers.webhooks import Webhook

FIELDS = (
    "created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,field_data"
)
MAX_LEADS = 1000
_STANDARD = {
    "full_name": "full_name", "first_name": "first_name", "last_name": "last_name", "email": "email",
    "work_email": "email", "phone_number": "phone", "phone": "phone", "work_phone_number": "phone",
    "company_name": "company", "job_title": "position", "city": "region",
}  # fmt: skip
_KEPT = frozenset(
    "city state province country street_address zip_code post_code zip date_of_birth gender marital_status "
    "relationship_status military_status work_email work_phone_number".split()
)
_PLATFORMS = {"fb": "facebook", "ig": "instagram", "facebook": "facebook", "instagram": "instagram"}
_TEST_VALUE = "<test lead:"
_NOT_NOW = frozenset({1, 2, 4, 17, 32, 341, 368, 613, 80005})
_BAD_TOKEN = frozenset({102, 190, 463, 467})
_NOT_FOUND = 100


class MetaSecrets(Secrets):
    """App secret and verify token stand in the app's settings; the token is a page's, with leads_retrieval."""

    secret: str | None = Field(default=None, max_length=1024, description="App secret, with which notices are signed")
    verify_token: str | None = Field(default=None, max_length=1024, description="Typed in where the address is pasted")
    access_token: str | None = Field(default=None, max_length=4096, description="Page token to ask for the lead with")


class Meta(Webhook):
    """Leads of Facebook and Instagram instant forms."""

    slug: ClassVar[str] = "meta"
    title: ClassVar[str] = "Meta lead ads (Facebook, Instagram)"
    channels: ClassVar[tuple[Channel, ...]] = ("ads",)
    secrets_model: ClassVar[type[BaseModel]] = MetaSecrets
    gathers: ClassVar[bool] = True
    asks: ClassVar[bool] = True
    hint: ClassVar[str] = "App, Webhooks, Page, leadgen: the address as callback URL, and the source's verify_token."

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """A handshake by its token, a notice by its signature; a lead that a connector fetched is not Meta's to sign:
        it carries the verify token as any shared secret, unless the source has no secret at all."""
        secrets = source.secrets
        if request.method == "GET" and not request.body:
            expected = secrets.get("verify_token") or secrets.get("secret")
            return expected is None or credentials.same(_asked(request).get("hub.verify_token", ""), expected)
        if _SHA256 in request.headers or _SHA1 in request.headers or _is_notice(_body(request)):
            return _is_signed(request, secrets.get("secret"))
        return credentials.carries_secret(
            request, source, (), name="verify_token" if secrets.get("verify_token") else "secret"
        )

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """What a notice announces, each lead by itself; or the leads themselves, as the Graph API tells them."""
        if request.method == "GET" and not request.body:
            return [Found(None, "ignored", Draft(), "handshake")]
        body = bodies.parsed(request)
        if _is_notice(body):
            values = list(_values(body))
            if len(values) > MAX_LEADS:
                raise Unreadable(f"more than {MAX_LEADS} leads in one notice")
            found = [_announced(request, source, value) for value in values]
            return found or [Found(None, "ignored", Draft(), "event without leadgen")]
        leads = bodies.listed(bodies.node(body).get("data")) or bodies.listed(body)
        if not leads or len(leads) > MAX_LEADS or not all("field_data" in bodies.node(lead) for lead in leads):
            raise Unreadable("neither a notice nor up to a thousand leads")
        return [_lead(FormReader(request, source), lead) for lead in leads]

    def merge(self, found: Sequence[Found]) -> Found:
        """The lead as the Graph API told it, with what only the notice knows."""
        told = sorted((one for one in found if one.disposition != "pending"), key=repr)
        merged = deepcopy(told[-1] if told else found[0])
        for one in found:
            merged.draft.touch = {**one.draft.touch, **merged.draft.touch}
            merged.draft.extra = {**one.draft.extra, **merged.draft.extra}
            merged.draft.occurred_at = merged.draft.occurred_at or one.draft.occurred_at
        return merged

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """The challenge of a handshake as it came; else nothing but 200."""
        challenge = _asked(request).get("hub.challenge") if request.method == "GET" else None
        if challenge is None:
            return self.accepted
        echo = plain(challenge)
        return WireAnswer(200, {**echo.headers, "x-content-type-options": "nosniff"}, echo.body)

    def question(self, external_id: str, source: SourceView) -> Question:
        """The lead by its id; raises `NoAccess` for a source without a token."""
        token = source.secrets.get("access_token")
        if not token:
            raise NoAccess("no_access_token")
        if not external_id.isdigit():
            raise NoAccess("no_lead_id")
        return Question(f"/{external_id}", {"fields": FIELDS}, {"authorization": f"Bearer {token}"})

    def reply(self, status: int, body: bytes) -> Reply:
        """Busy and broken pass; a token that is no good, a right that is missing and an unknown lead need a person."""
        told = _json(body)
        if status == 200:
            return Reply("taken") if "field_data" in told else Reply("refused", "answer_without_lead")
        error = bodies.node(told.get("error"))
        code = error.get("code")
        if status == 429 or status >= 500 or code in _NOT_NOW or error.get("is_transient") is True:
            return Reply("later", f"graph_{code or status}")
        if code in _BAD_TOKEN or status == 401:
            return Reply("refused", "access_token_refused")
        if isinstance(code, int) and (code in (3, 10) or 200 <= code < 300):
            return Reply("refused", "permission_missing")
        return Reply("refused", "lead_not_found" if code == _NOT_FOUND or status == 404 else f"graph_{code or status}")


_SHA256, _SHA1 = "x-hub-signature-256", "x-hub-signature"


def _is_signed(request: WireRequest, secret: str | None) -> bool:
    """By SHA-256 of the raw bytes (Meta escapes before it signs); by SHA-1 only where nothing newer came."""
    if not secret:
        return False
    header, algorithm = (_SHA256, hashlib.sha256) if _SHA256 in request.headers else (_SHA1, hashlib.sha1)
    expected = hmac.new(secret.encode(), request.body, algorithm).hexdigest()
    _, _, given = request.headers.get(header, "").partition("=")
    return credentials.same(given.strip().lower(), expected)


def _asked(request: WireRequest) -> dict[str, str]:
    try:
        return dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _body(request: WireRequest) -> Any:
    try:
        return bodies.parsed(request)
    except Unreadable:
        return None


def _json(body: bytes) -> dict[str, Any]:
    try:
        return bodies.node(orjson.loads(body))
    except orjson.JSONDecodeError:
        return {}


def _is_notice(body: Any) -> bool:
    return isinstance(body, dict) and ("entry" in body or "object" in body)


def _values(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Entries and their changes may be batched."""
    for entry in bodies.listed(body.get("entry")):
        for change in bodies.listed(bodies.node(entry).get("changes")):
            told = bodies.node(change)
            if told.get("field") == "leadgen":
                yield bodies.node(told.get("value"))


def _announced(request: WireRequest, source: SourceView, value: Mapping[str, Any]) -> Found:
    lead_id, page_id = bodies.word(value.get("leadgen_id")), bodies.word(value.get("page_id"))
    if not lead_id:
        raise Unreadable("a change without leadgen_id")
    if set(lead_id) == {"4"} and set(page_id or "4") == {"4"}:
        return Found(None, "ignored", Draft(), "test_lead")
    reader = FormReader(request, source)
    reader.mark("utm_source", "facebook")
    _ids(reader, value)
    reader.keep("page_id", page_id or "")
    at = times.parse(bodies.word(value.get("created_time")) or "", source.time_zone)
    reader.draft.occurred_at = at
    return Found(lead_id, "pending", reader.draft, "provider_to_be_asked")


def _ids(reader: FormReader, told: Mapping[str, Any]) -> None:
    for name in ("form_id", "ad_id", "adset_id", "campaign_id"):
        if told.get(name) not in (0, "0"):
            reader.mark(name, told.get(name))


def _lead(reader: FormReader, lead: Mapping[str, Any]) -> Found:
    lead_id = bodies.word(lead.get("id")) or bodies.word(lead.get("leadgen_id"))
    fields = [bodies.node(one) for one in bodies.listed(lead.get("field_data"))]
    if any(_TEST_VALUE in _value(field) for field in fields):
        return Found(lead_id, "ignored", Draft(), "test_lead")
    for field in fields:
        name, value = bodies.word(field.get("name")) or "", _value(field)
        if name in _STANDARD:
            reader.put(_STANDARD[name], name, value)
        elif name not in _KEPT:
            reader.ask(name, value, name)
        if name in _KEPT:
            reader.keep(name, value)
    platform = bodies.word(lead.get("platform")) or "facebook"
    reader.mark("utm_source", _PLATFORMS.get(platform.lower(), platform))
    reader.mark("utm_campaign", lead.get("campaign_name"))
    _ids(reader, lead)
    for name in ("campaign_name", "adset_name", "ad_name", "is_organic"):
        if lead.get(name) is not None:
            reader.keep(name, lead[name])
    reader.draft.occurred_at = times.parse(bodies.word(lead.get("created_time")) or "", reader.source.time_zone)
    return reader.found(lead_id)


def _value(field: Mapping[str, Any]) -> str:
    words = map(bodies.word, bodies.listed(field.get("values", field.get("value"))))
    return ", ".join([word for word in words if word])
