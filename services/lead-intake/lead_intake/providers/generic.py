"""Any form or landing page: JSON, urlencoded or multipart, fields told by name and shape, the rest kept in extra."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import UUID

from leadkit.contracts.inquiry import Channel

from lead_intake.providers import bodies
from lead_intake.providers.base import Found, SourceView, Unreadable, WireAnswer, WireRequest, received
from lead_intake.providers.fields import meaning
from lead_intake.providers.forms import FormReader, are_pairs
from lead_intake.providers.telephony import plain
from lead_intake.providers.webhooks import SharedSecret

MAX_LEADS = 10_000
_LISTS = frozenset(
    {
        "leads",
        "items",
        "data",
        "submissions",
        "records",
        "entries",
        "requests",
        "applications",
        "calls",
        "заявки",
        "звонки",
    }
)


class Generic(SharedSecret):
    """The provider of sources that have no format of their own."""

    slug: ClassVar[str] = "generic"
    title: ClassVar[str] = "Any form, JSON or landing page"
    channels: ClassVar[tuple[Channel, ...]] = ("form", "chat", "ads", "call", "email", "import", "api")
    browsers_post: ClassVar[bool] = True
    hint: ClassVar[str] = "The form's action or the page's request; elsewhere wherever a webhook address is asked for."

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One inquiry, or as many as the body lists."""
        body = _with_query(bodies.parsed(request), request)
        records, shared = _records(body, plain.PARTIES if source.channel == "call" else frozenset())
        if len(records) > MAX_LEADS:
            raise Unreadable(f"more than {MAX_LEADS} leads in one request")
        if source.channel == "call":
            return [plain.read(request, source, record, shared) for record in records]
        return [FormReader(request, source).read(record, shared) for record in records]

    def answer(self, request: WireRequest, source: SourceView, submission_ids: Sequence[UUID]) -> WireAnswer:
        """A page without JavaScript is sent on to `redirect_url` or our own thanks; a program gets the ids."""
        kind = request.headers.get("content-type", "")
        from_page = kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))
        if from_page and "text/html" in request.headers.get("accept", ""):
            thanks = f"{'../' * (1 + request.rest.count('/'))}f/{source.key}/thanks"
            return WireAnswer(303, {"location": source.redirect_url or thanks})
        return received(submission_ids)


def _with_query(body: Any, request: WireRequest) -> Any:
    """Fields in the query count where the body does not have them (pixels, marks on the form's action)."""
    if request.query and isinstance(body, dict):
        try:
            pairs = parse_qsl(request.query, max_num_fields=500, errors="replace")
        except ValueError:
            return body
        return {**{name: value for name, value in pairs if name.lower() not in bodies.SECRET_PARAMETERS}, **body}
    return body


def _records(body: Any, telling: AbstractSet[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The leads in a body and what they share; `telling`: names that beside those of contacts only a lead has."""
    if isinstance(body, list):
        records = [record for record in body if isinstance(record, dict)]
        if not records:
            raise Unreadable("no fields in it")
        return ([{"fields": records}] if are_pairs(records) else records), {}
    if not isinstance(body, dict):
        raise Unreadable("no fields in it")
    for key, inner in body.items():
        if type(inner) is list and key.lower() in _LISTS and _are_leads(inner, telling):
            return inner, {name: value for name, value in body.items() if name != key}
    return [body], {}


def _are_leads(values: list[Any], telling: AbstractSet[str]) -> bool:
    if not values or not all(isinstance(value, dict) for value in values) or are_pairs(values):
        return False
    return all(
        any(meaning(key) in ("phone", "email") or key in telling or type(value[key]) is dict for key in value)
        for value in values
    )
