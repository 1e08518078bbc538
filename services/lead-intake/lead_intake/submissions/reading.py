"""From a request to the submissions in it. Pure: reads, normalises, screens and decides; stores nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import orjson
import structlog
from leadkit.ids import new_id, new_id_text

from lead_intake.normalising.pipeline import NORMALISER_VERSION, Normalised, bounded_id, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, Provider, SourceView, Unreadable, WireRequest
from lead_intake.screening.proof import proven
from lead_intake.screening.rules import Screening, content_key, screen
from lead_intake.submissions import canonical, opting, rows
from lead_intake.submissions.drafts import Form, Receipt, SubmissionDraft
from lead_intake.submissions.events import attribution_told
from lead_intake.submissions.rules import bounded, client_names, event_key, persons_in, window_key

log = structlog.get_logger()

NOTHING_SUSPICIOUS = orjson.dumps(Screening())
IDEMPOTENCY_KEY = "idempotency-key"


@dataclass(frozen=True, slots=True)
class StoredRaw:
    """A request as it lies in the database, and its submission's place in it."""

    id: UUID
    request: WireRequest
    form: Form
    place: int


def read_receipt(
    request: WireRequest,
    source: SourceView,
    provider: Provider,
    *,
    request_id: str | None,
    form: Form = "wire",
    content_hash: str | None = None,
) -> Receipt:
    """The request with its submissions. What cannot be read is one `unreadable` submission; nothing raises.

    `content_hash` is given where a repeat is told by other means than by what the inquiry says.
    """
    try:
        found = _found(request, source, form, provider)
        only = len(found) == 1
        drafts = [
            drafted(
                request,
                one,
                source,
                provider,
                submission_id=_id_of(request, form),
                place=place,
                only=only,
                content_hash=content_hash,
            )
            for place, one in enumerate(found)
        ]
    except Unreadable as reason:
        drafts = [unreadable(request, source, str(reason))]
    except Exception as error:
        log.error("reader_failed", provider=source.provider, exc_info=error)
        drafts = [unreadable(request, source, "reader_failed")]
    kept = provider.mask(request, source) if form == "wire" else request
    return Receipt(new_id_text(), source, kept, form, drafts, request_id)


def unreadable(request: WireRequest, source: SourceView, reason: str) -> SubmissionDraft:
    """A submission of which nothing but the raw request is known; replay reads it again."""
    content_hash = hashlib.sha256(request.body or request.query.encode()).hexdigest()
    return SubmissionDraft(
        id=new_id(), source=source, place=0, status="unreadable", reason=reason[:255], external_id=None,
        content_hash=content_hash, dedup_key=window_key(content_hash, request.received_at), window=content_hash,
        inquiry=None, report=None, screening=None, attribution=None,
        occurred_at=request.received_at, received_at=request.received_at, normaliser_version=NORMALISER_VERSION,
    )  # fmt: skip


def drafted(
    request: WireRequest,
    found: Found,
    source: SourceView,
    provider: Provider,
    *,
    submission_id: UUID,
    place: int,
    only: bool = True,
    revision: int = 1,
    released: bool = False,
    confirmed: bool = False,
    content_hash: str | None = None,
) -> SubmissionDraft:
    """One found inquiry as a submission. `only`: the request holds no other, so its `Idempotency-Key` names it.
    `confirmed`: the person has followed the link that was sent."""
    result = normalise(found, source, submission_id=submission_id, revision=revision, received_at=request.received_at)
    inquiry = result.values
    external_id = inquiry.get("external_id")
    gathers = provider.gathers and external_id is not None
    if gathers:
        content_hash = event_key(found)
    draft = SubmissionDraft(
        id=submission_id, source=source, place=place, status=result.status, reason=result.reason,
        dedup_key=None, external_id=external_id, content_hash=content_hash or _content_hash(request, result, source),
        inquiry=orjson.dumps(inquiry, default=str, option=orjson.OPT_UTC_Z),
        report=orjson.dumps(result.lines), screening=None, attribution=attribution_told(inquiry),
        occurred_at=inquiry["occurred_at"], received_at=request.received_at,
        normaliser_version=NORMALISER_VERSION, revision=revision, released=released,
        gathers=gathers,
    )  # fmt: skip
    _screened(draft, request, found, result)
    if not confirmed and opting.is_asked_for(draft, inquiry, source):
        draft.status, draft.reason = "pending", opting.AWAITING
    last = inquiry["attribution"].get("last")
    if last and last.get("client_ids"):
        draft.clients = client_names(last["client_ids"])
    draft.persons = persons_in(inquiry, source.workspace_key)
    _keyed(draft, request, only=only)
    return draft


def read_again(
    raws: Sequence[StoredRaw],
    source: SourceView,
    *,
    submission_id: UUID,
    external_id: str | None,
    revision: int,
    released: bool,
    closing: bool = False,
    readings: "Readings | None" = None,
) -> SubmissionDraft:
    """The submission as all its raw requests tell it now, oldest first; nothing is verified again. `readings` are
    shared with others that were told of by the same requests.

    `closing`: more will not come. Its keys are of no use: the submission already has its own.
    """
    first = raws[0].request
    provider = provider_named(source.provider)
    try:
        confirmations = [raw.request for raw in raws if raw.form == "confirmation"]
        told = [raw for raw in raws if raw.form != "confirmation"]
        readings = readings or Readings()
        found = [one for raw in told for one in readings.belonging(raw, source, provider, external_id)]
        if not found:
            return replace(unreadable(first, source, "nothing_found"), id=submission_id, revision=revision)
        merged = provider.merge(found) if provider.gathers else found[0]
        if closing:
            merged = _closed(provider.close(merged))
        if confirmations:
            merged = opting.with_evidence(merged, confirmations, source)
        draft = drafted(
            first, merged, source, provider, submission_id=submission_id, place=raws[0].place,
            revision=revision, released=released, confirmed=bool(confirmations),
        )  # fmt: skip
        if closing and draft.reason == opting.AWAITING:
            draft.status, draft.reason = "ignored", opting.NOT_CONFIRMED
        return draft
    except Unreadable as reason:
        return replace(unreadable(first, source, str(reason)), id=submission_id, revision=revision)


def _closed(found: Found) -> Found:
    """What even its provider cannot end is taken for what it is: an inquiry, if it has a contact."""
    return replace(found, disposition="inquiry") if found.disposition in ("pending", "update") else found


class Readings:
    """What raw requests say, each read once, however many of the submissions at hand it tells of."""

    def __init__(self) -> None:
        self._in_order: dict[UUID, list[Found]] = {}
        self._by_id: dict[UUID, dict[str | None, list[Found]]] = {}

    def belonging(self, raw: StoredRaw, source: SourceView, provider: Provider, external_id: str | None) -> list[Found]:
        """What of a request is a submission's: by its external id where events are gathered, else by its place."""
        if raw.id not in self._in_order:
            self._in_order[raw.id] = _found(raw.request, source, raw.form, provider)
            named = self._by_id[raw.id] = {}
            for one in self._in_order[raw.id] if provider.gathers else ():
                named.setdefault(bounded_id(one.external_id), []).append(one)
        if provider.gathers and external_id is not None:
            return self._by_id[raw.id].get(external_id, [])
        return self._in_order[raw.id][raw.place : raw.place + 1]


def _found(request: WireRequest, source: SourceView, form: Form, provider: Provider) -> list[Found]:
    if form == "wire":
        return provider.read(request, source)
    return [canonical.read(request) if form == "canonical" else rows.read(request, source)]


def _id_of(request: WireRequest, form: Form) -> UUID:
    return canonical.id_in(request) if form == "canonical" else new_id()


def _content_hash(request: WireRequest, result: Normalised, source: SourceView) -> str:
    """Of what the inquiry says; of the body where nothing was said that could tell two apart."""
    if result.status in ("ready", "pending"):
        return content_key(result, source)
    return hashlib.sha256(request.body or request.query.encode()).hexdigest()


def _screened(draft: SubmissionDraft, request: WireRequest, found: Found, result: Normalised) -> None:
    if draft.status not in ("ready", "interest") or not draft.source.spam.enabled:
        return
    inquiry, spam = result.values, draft.source.spam
    screening = screen(request, found, result, draft.source)
    draft.screening = orjson.dumps(screening) if screening.reasons else NOTHING_SUSPICIOUS
    if draft.status == "ready" and "message" in inquiry:
        draft.words = (inquiry["message"], (inquiry["phones"] or inquiry["emails"] or [""])[0])
    if spam.proof_of_work is not None and found.draft.proof:
        draft.proof = proven(found.draft.proof, draft.source, at=request.received_at)
    if screening.spam and not draft.released:
        draft.status, draft.reason = "spam", (screening.reasons[0] if screening.reasons else "score")


def _keyed(draft: SubmissionDraft, request: WireRequest, *, only: bool) -> None:
    """By what a repeat is known: events of one thing by its id, else `Idempotency-Key`, external id, content."""
    client_key = request.headers.get(IDEMPOTENCY_KEY) if only else None
    if draft.external_id and (draft.gathers or not client_key):
        draft.dedup_key = "id:" + draft.external_id
    elif client_key:
        draft.dedup_key, draft.keyed_by_client = "key:" + bounded(client_key), True
    else:
        draft.window = draft.content_hash
        draft.dedup_key = window_key(draft.content_hash, draft.received_at)
