"""Storing what came in: a batch of requests of one workspace with a handful of statements, whatever its size.

A repeat is told by its dedup key, which is unique within a source. The first submission keeps the key; a repeat is
stored as `duplicate` without one. Rows go in sorted by key, so two batches never wait for each other in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lead_intake.driver import Connection, document
from lead_intake.providers.base import SourceView
from lead_intake.submissions import gathering
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.events import Recorded, tell
from lead_intake.submissions.judging import judge
from lead_intake.submissions.rules import WINDOW, lock_number, window_key
from lead_intake.submissions.upgrading import carry_interests, link_interests

_LOCK = "SELECT pg_advisory_xact_lock(number) FROM unnest($1::bigint[]) AS number"

# The key of each by itself, not joined: a join may be planned as a scan of all that the workspace has.
_NAMED = """
    SELECT source_id, dedup_key, id, content_hash, received_at FROM submission
    WHERE workspace_id = $1 AND source_id = ANY ($2::uuid[]) AND dedup_key = ANY ($3::text[])
"""

# Rows come as one JSON document: of an array the driver looks at each element, several times, in Python. What is JSON
# itself comes beside it, to be kept as it is written.
_INSERT_SUBMISSIONS = """
    INSERT INTO submission (
        workspace_id, id, source_id, channel, provider, version, revision, status, reason, released, dedup_key,
        external_id, content_hash, duplicate_of, normaliser_version, occurred_at, received_at, updated_at,
        inquiry, report, screening, attribution
    )
    SELECT $1, id, source_id, channel, provider, 1, revision, status, reason, false, dedup_key,
           external_id, content_hash, duplicate_of, normaliser_version, occurred_at, received_at, $2,
           inquiry::json, report::json, screening::json, attribution::json
    FROM ROWS FROM (
        jsonb_to_recordset($3::text::jsonb) AS (
            id uuid, source_id uuid, channel text, provider text, revision int, status text, reason text,
            dedup_key text, external_id text, content_hash text, duplicate_of uuid, normaliser_version int,
            occurred_at timestamptz, received_at timestamptz
        ),
        unnest($4::text[], $5::text[], $6::text[], $7::text[])
    ) AS draft (
        id, source_id, channel, provider, revision, status, reason, dedup_key, external_id, content_hash,
        duplicate_of, normaliser_version, occurred_at, received_at, inquiry, report, screening, attribution
    )
    ON CONFLICT DO NOTHING
    RETURNING id
"""

_SAME_IDS = "SELECT id, content_hash FROM submission WHERE workspace_id = $1 AND id = ANY ($2::uuid[])"

_INSERT_RAW = """
    INSERT INTO raw_request (
        workspace_id, id, source_id, form, method, rest, query, headers, address, received_at, body
    )
    SELECT $1, id, source_id, form, method, rest, query, headers, address, received_at, body
    FROM ROWS FROM (
        jsonb_to_recordset($2::text::jsonb) AS (
            id uuid, source_id uuid, form text, method text, rest text, query text, headers jsonb, address text,
            received_at timestamptz
        ),
        unnest($3::bytea[])
    ) AS raw (id, source_id, form, method, rest, query, headers, address, received_at, body)
    ON CONFLICT DO NOTHING
"""

_LINK = """
    INSERT INTO submission_raw (workspace_id, submission_id, raw_id, place)
    SELECT $1, submission_id, raw_id, place
    FROM jsonb_to_recordset($2::text::jsonb) AS link (submission_id uuid, raw_id uuid, place int)
    ON CONFLICT DO NOTHING
"""

OTHER_BODY = "this Idempotency-Key came before with another body"

ROUNDS = 5
"""New, under a key of its own, as a duplicate, and twice more for rows that vanish meanwhile."""

Key = tuple[UUID, str]


class NotStored(Exception):
    """A batch that could not be placed; it is undone as a whole."""


@dataclass(frozen=True, slots=True)
class First:
    """The submission that a dedup key already names."""

    id: UUID
    content_hash: str


async def store(connection: Connection, workspace_id: UUID, receipts: Sequence[Receipt], *, now: datetime) -> None:
    """Stores requests and submissions and tells of them, in the caller's transaction; fills `submission_ids`.

    A draft that repeats another keeps being answered with the first one's id. The same receipts may be stored again
    after a commit whose answer was lost: nothing is there twice.
    """
    drafts = [draft for receipt in receipts for draft in receipt.drafts]
    await judge(connection, workspace_id, drafts, now=now)
    interests = await carry_interests(connection, workspace_id, drafts, now=now)
    answers = {draft.id: draft.id for draft in drafts}
    joined: dict[UUID, SourceView] = {}
    stored = set[UUID]()
    waiting = sorted(drafts, key=lambda draft: (draft.source.id.bytes, draft.dedup_key or ""))
    for _ in range(ROUNDS):
        if not waiting:
            break
        firsts = await _place(connection, workspace_id, waiting, stored, now)
        waiting = _settle(waiting, firsts, stored, answers, joined)
    if waiting:
        raise NotStored(f"{len(waiting)} drafts found neither a place nor what takes it")
    await _keep_raw(connection, workspace_id, receipts, answers)
    await tell(
        connection,
        workspace_id,
        [_recorded(draft) for draft in drafts if draft.id in stored],
        now=now,
        request_ids=[receipt.request_id for receipt in receipts for draft in receipt.drafts if draft.id in stored],
    )
    await link_interests(
        connection, workspace_id, [draft for draft in drafts if draft.id in stored], interests, now=now
    )
    await gathering.gather(connection, workspace_id, joined, now=now)
    for receipt in receipts:
        receipt.submission_ids = [answers[draft.id] for draft in receipt.drafts]


async def _place(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft], stored: set[UUID], now: datetime
) -> dict[UUID, First]:
    """Inserts what is new (into `stored`); answers for each draft that is not, what came before it.

    A draft that is in neither was hindered by a row that has vanished since.
    """
    before = await _seen_before(connection, workspace_id, drafts)
    leading = dict[Key, SubmissionDraft]()
    fresh = list[SubmissionDraft]()
    for draft in drafts:
        if draft.id in before:
            continue
        if draft.dedup_key is None or leading.setdefault(_key(draft), draft) is draft:
            fresh.append(draft)
    inserted = await _insert(connection, workspace_id, fresh, now)
    stored |= inserted
    known = await _firsts(connection, workspace_id, [draft for draft in fresh if draft.id not in inserted])
    for key, leader in leading.items():
        if leader.id in inserted:
            known[key] = First(leader.id, leader.content_hash)
    left = [draft for draft in drafts if draft.id not in before and draft.id not in inserted]
    before |= {draft.id: known[_key(draft)] for draft in left if _key(draft) in known}
    left = [draft for draft in left if draft.id not in before]
    return before | await _stored_before(connection, workspace_id, left)


async def _stored_before(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft]
) -> dict[UUID, First]:
    """The drafts that are there under their own id: a commit whose answer was lost, or an id that came from outside."""
    if not drafts:
        return {}
    rows = await connection.fetch(_SAME_IDS, workspace_id, [draft.id for draft in drafts])
    return {row["id"]: First(row["id"], row["content_hash"]) for row in rows}


def _settle(
    drafts: Sequence[SubmissionDraft],
    firsts: dict[UUID, First],
    stored: set[UUID],
    answers: dict[UUID, UUID],
    joined: dict[UUID, SourceView],
) -> list[SubmissionDraft]:
    """What becomes of the drafts that were not new; those to be inserted after all, changed, are answered."""
    again = []
    for draft in drafts:
        if draft.id in stored:
            continue
        first = firsts.get(draft.id)
        if first is None:
            again.append(draft)
        elif first.id == draft.id:
            continue
        elif draft.gathers:
            answers[draft.id] = first.id
            joined[first.id] = draft.source
        elif draft.keyed_by_client and first.content_hash != draft.content_hash:
            _make_its_own(draft)
            again.append(draft)
        else:
            answers[draft.id] = first.id
            draft.status, draft.reason, draft.duplicate_of = "duplicate", "repeat", first.id
            draft.dedup_key = draft.window = None
            again.append(draft)
    return again


def _make_its_own(draft: SubmissionDraft) -> None:
    """The key named another inquiry: no reason to lose this one. Its repeats are known by key and content."""
    draft.dedup_key, draft.keyed_by_client = f"{draft.dedup_key}:{draft.content_hash}", False
    report = orjson.loads(draft.report) if draft.report else []
    report.append(("submission", None, None, "idempotency key", OTHER_BODY))
    draft.report = orjson.dumps(report).decode()


def _key(draft: SubmissionDraft) -> Key:
    """Under which repeats in one batch meet; of content without an id, whatever side of a bucket's end they are on."""
    return draft.source.id, f"hash:{draft.window}" if draft.window else draft.dedup_key or ""


async def _seen_before(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft]
) -> dict[UUID, First]:
    """The first ones in the bucket before, of drafts that only their content can tell: so the ten minutes slide.

    The locks make two processes that got the same content at the end of a bucket do this one after the other.
    """
    told_by_content = [draft for draft in drafts if draft.window]
    if not told_by_content:
        return {}
    numbers = {lock_number(draft.source.id.bytes, draft.content_hash) for draft in told_by_content}
    await connection.execute(_LOCK, sorted(numbers))
    before = {
        draft.id: window_key(draft.content_hash, draft.received_at, buckets_before=1) for draft in told_by_content
    }
    rows = await _named(connection, workspace_id, {draft.source.id for draft in told_by_content}, before.values())
    found: dict[UUID, First] = {}
    for draft in told_by_content:
        row = rows.get((draft.source.id, before[draft.id])) if rows else None
        if row is not None and row["received_at"] > draft.received_at - WINDOW:
            found[draft.id] = First(row["id"], row["content_hash"])
    return found


async def _named(
    connection: Connection, workspace_id: UUID, source_ids: Iterable[UUID], dedup_keys: Iterable[str]
) -> dict[Key, Any]:
    """The submissions that these dedup keys name, by source and key."""
    rows = await connection.fetch(_NAMED, workspace_id, list(source_ids), list(dedup_keys))
    return {(row["source_id"], row["dedup_key"]): row for row in rows}


async def _insert(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft], now: datetime
) -> set[UUID]:
    if not drafts:
        return set()
    rows = await connection.fetch(
        _INSERT_SUBMISSIONS,
        workspace_id,
        now,
        document([_row(draft) for draft in drafts]),
        [draft.inquiry for draft in drafts],
        [draft.report for draft in drafts],
        [draft.screening for draft in drafts],
        [draft.attribution for draft in drafts],
    )
    return {row["id"] for row in rows}


def _row(draft: SubmissionDraft) -> dict[str, object]:
    source = draft.source
    return {
        "id": draft.id,
        "source_id": source.id,
        "channel": source.channel,
        "provider": source.provider,
        "revision": draft.revision,
        "status": draft.status,
        "reason": draft.reason,
        "dedup_key": draft.dedup_key,
        "external_id": draft.external_id,
        "content_hash": draft.content_hash,
        "duplicate_of": draft.duplicate_of,
        "normaliser_version": draft.normaliser_version,
        "occurred_at": draft.occurred_at,
        "received_at": draft.received_at,
    }


async def _firsts(connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft]) -> dict[Key, First]:
    keyed = [draft for draft in drafts if draft.dedup_key is not None]
    if not keyed:
        return {}
    rows = await _named(
        connection,
        workspace_id,
        {draft.source.id for draft in keyed},
        [draft.dedup_key for draft in keyed if draft.dedup_key],
    )
    found = {_key(draft): rows.get((draft.source.id, draft.dedup_key or "")) for draft in keyed}
    return {key: First(row["id"], row["content_hash"]) for key, row in found.items() if row is not None}


async def _keep_raw(
    connection: Connection, workspace_id: UUID, receipts: Sequence[Receipt], answers: dict[UUID, UUID]
) -> None:
    """The requests, each linked with the submissions it made or joined."""
    bodies = [receipt.request.body for receipt in receipts]
    await connection.execute(_INSERT_RAW, workspace_id, document([_raw(receipt) for receipt in receipts]), bodies)
    links = [
        {
            "submission_id": answers[draft.id] if draft.gathers else draft.id,
            "raw_id": receipt.raw_id,
            "place": draft.place,
        }
        for receipt in receipts
        for draft in receipt.drafts
    ]
    if links:
        await connection.execute(_LINK, workspace_id, document(links))


def _raw(receipt: Receipt) -> dict[str, object]:
    request = receipt.request
    return {
        "id": receipt.raw_id,
        "source_id": receipt.source.id,
        "form": receipt.form,
        "method": request.method,
        "rest": request.rest,
        "query": request.query,
        "headers": request.headers,
        "address": request.address,
        "received_at": request.received_at,
    }


def _recorded(draft: SubmissionDraft) -> Recorded:
    return Recorded(
        draft.id, 1, draft.source.id, draft.source.channel, draft.source.provider, draft.status, draft.reason,
        draft.attribution, draft.occurred_at, draft.received_at,
    )  # fmt: skip
