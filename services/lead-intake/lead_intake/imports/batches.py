"""Rows of a file on their way into the store: read, normalised and screened like what comes through the door."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from lead_intake.imports import plan as plans
from lead_intake.imports.csv_file import Record
from lead_intake.imports.plan import Plan
from lead_intake.imports.rejections import why
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.reading import read_receipt

ROWS = 1000
CHARACTERS = 4 * 1024 * 1024
MOST_CELLS = 500
REJECTED = "rejected"


class Rejection(NamedTuple):
    """A row that made no lead, as `errors.csv` tells it."""

    line: int
    reason: str
    cells: list[str]


@dataclass(slots=True)
class Batch:
    """Rows that are committed together: `receipts` with the records they came from, and those that are no rows.
    `leadless` are rows among the former that make no lead."""

    receipts: list[tuple[Record, Receipt]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    leadless: list[Rejection] = field(default_factory=list)

    def take(self, record: Record, receipt: Receipt, problem: str | None) -> None:
        """Adds a row."""
        self.receipts.append((record, receipt))
        if problem is not None:
            self.leadless.append(Rejection(record.line, problem, record.cells))

    @property
    def rows(self) -> int:
        """How many rows of the file it deals with."""
        return len(self.receipts) + len(self.rejections)


class RowReader:
    """Turns records of one file into receipts. `headers` tell where a stored row came from."""

    def __init__(self, plan: Plan, source: SourceView, *, headers: Mapping[str, str]) -> None:
        self._plan = plan
        self._source = source
        self._headers = headers
        self._provider = provider_named(source.provider)
        self._read_as = plan.read_as
        self._has_ids = plan.has_ids
        self._telling = plans.telling_columns(plan)

    def receipt(self, record: Record, now: datetime) -> Receipt:
        """The row as one submission, known again by its id, or else by all that it says."""
        headers = {**self._headers, "line": str(record.line)}
        request = plans.request_of(record, self._plan, read_as=self._read_as, headers=headers, now=now)
        content = plans.hash_of(record, self._telling)
        receipt = read_receipt(request, self._source, self._provider, request_id=None, form="row", content_hash=content)
        for draft in receipt.drafts:
            draft.content_hash, draft.gathers = content, False
            if draft.window is not None or not self._has_ids:
                draft.dedup_key, draft.window = f"row:{content}", None
        return receipt

    def problem_of(self, draft: SubmissionDraft, record: Record) -> str | None:
        """Why the row made no lead; None when it did."""
        return why(draft, record.cells)

    def batches(self, records: Iterator[Record], *, now: Callable[[], datetime]) -> Iterator[Batch]:
        """The records in batches of bounded size; with the batch in hand, the next is only read when asked for."""
        batch, characters = Batch(), 0
        for record in records:
            if record.broken:
                batch.rejections.append(Rejection(record.line, record.broken, record.cells[:MOST_CELLS]))
            else:
                receipt = self.receipt(record, now())
                batch.take(record, receipt, self.problem_of(receipt.drafts[0], record))
            characters += sum(map(len, record.cells))
            if batch.rows >= ROWS or characters >= CHARACTERS:
                yield batch
                batch, characters = Batch(), 0
        if batch.rows:
            yield batch


def without_repeats(batch: Batch, known: Mapping[str, str]) -> tuple[list[Receipt], int]:
    """The receipts to be stored, and how many rows say word for word what is there already (`known`: content behind a
    dedup key) or stands further up."""
    seen = dict(known)
    fresh, repeats = [], 0
    for _, receipt in batch.receipts:
        (draft,) = receipt.drafts
        key = draft.dedup_key or ""
        if seen.get(key) == draft.content_hash:
            repeats += 1
        else:
            seen.setdefault(key, draft.content_hash)
            fresh.append(receipt)
    return fresh, repeats


def outcomes(stored: list[Receipt], repeats: int, rejections: int) -> Counter[str]:
    """What became of a batch's rows, by status."""
    counts = Counter[str](receipt.drafts[0].status for receipt in stored)
    counts["duplicate"] += repeats
    counts[REJECTED] += rejections
    return +counts
