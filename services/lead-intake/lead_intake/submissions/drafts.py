"""What is about to be stored: a request, and the submissions read from it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from leadkit.contracts.events import SubmissionStatus

from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.screening.memory import Said

Form = Literal["wire", "canonical", "row", "confirmation"]


@dataclass(slots=True)
class SubmissionDraft:
    """One submission before it is stored; `inquiry`, `report` and `screening` are JSON in UTF-8, and so is
    `attribution`, which its event tells.

    `window` is set when nothing but the content can tell a repeat: then the dedup key holds a bucket of ten minutes.
    Storing tells whether a row of its own is `stored`, and the id that is `answered` where that is another one's.
    `keyed_by_client`: the dedup key is an `Idempotency-Key`. `gathers`: events with one external id are one submission.
    For what only the database can tell: `proof`, the name of its proof of work; `words`, what was said and by whom,
    which the door makes `said` when it has heard it before; `clients`, the visitor's ids.
    `persons` are keyed hashes of the addresses in it, by which an erased person is found.
    """

    id: UUID
    source: SourceView
    place: int
    status: SubmissionStatus
    reason: str | None
    dedup_key: str | None
    external_id: str | None
    content_hash: str
    inquiry: bytes | None
    report: bytes | None
    screening: bytes | None
    attribution: bytes | None
    occurred_at: datetime
    received_at: datetime
    normaliser_version: int
    revision: int = 1
    released: bool = False
    window: str | None = None
    keyed_by_client: bool = False
    gathers: bool = False
    duplicate_of: UUID | None = None
    proof: str | None = None
    words: tuple[str, str] | None = None
    said: Said | None = None
    clients: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    stored: bool = False
    answered: UUID | None = None


@dataclass(slots=True)
class Receipt:
    """One request with its drafts. `request` is masked; storing fills `submission_ids`, in the order of the drafts."""

    raw_id: str
    source: SourceView
    request: WireRequest
    form: Form
    drafts: list[SubmissionDraft]
    request_id: str | None
    submission_ids: list[UUID] = field(default_factory=list)
