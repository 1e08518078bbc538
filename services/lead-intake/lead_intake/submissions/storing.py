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

from lead_intake.driver import Connection
from lead_intake.providers.base import SourceView
from lead_intake.submissions import gathering
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.inserting import Placing, insert, key_before, link
from lead_intake.submissions.judging import judge
from lead_intake.submissions.rules import WINDOW, lock_number
from lead_intake.submissions.upgrading import carry_interests, link_interests

# The key of each by itself, not joined: a join may be planned as a scan of all that the workspace has.
_NAMED = """
    SELECT source_id, dedup_key, id, content_hash, received_at FROM submission
    WHERE workspace_id = $1 AND source_id = ANY ($2::uuid[]) AND dedup_key = ANY ($3::text[])
"""

_SAME_IDS = "SELECT id, content_hash FROM submission WHERE workspace_id = $1 AND id = ANY ($2::uuid[])"

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


def locking(receipts: Sequence[Receipt]) -> str:
    """The statement, if one is needed, that makes two processes which got the same content at the end of a bucket store
    it one after the other. It must be over when they look for what came before: no part of the statement that looks."""
    hashes = {draft.content_hash for receipt in receipts for draft in receipt.drafts if draft.window}
    if not hashes:
        return ""
    numbers = ",".join(map(str, sorted(map(lock_number, hashes))))
    return f"SELECT pg_advisory_xact_lock(number) FROM unnest('{{{numbers}}}'::bigint[]) AS number"


async def store(
    connection: Connection, workspace_id: UUID, receipts: Sequence[Receipt], *, now: datetime, locked: bool = False
) -> None:
    """Stores requests and submissions and tells of them, in the caller's transaction; fills `submission_ids`. With
    `locked` the transaction holds the locks of `locking` already.

    A draft that repeats another keeps being answered with the first one's id. The same receipts may be stored again
    after a commit whose answer was lost: nothing is there twice.
    """
    if not locked and (statement := locking(receipts)):
        await connection.execute(statement)
    drafts = [draft for receipt in receipts for draft in receipt.drafts]
    await judge(connection, workspace_id, drafts, now=now)
    interests = await carry_interests(connection, workspace_id, drafts, now=now)
    placings = [(draft, receipt) for receipt in receipts for draft in receipt.drafts]
    for draft in drafts:
        draft.stored, draft.answered = False, None
    waiting = sorted(placings, key=_order)
    kept, joined = receipts, dict[UUID, SourceView]()
    for _ in range(ROUNDS):
        if not waiting and not kept:
            break
        firsts = await _place(connection, workspace_id, waiting, kept, now)
        waiting, kept = _settle(waiting, firsts, joined), ()
    if waiting:
        raise NotStored(f"{len(waiting)} drafts found neither a place nor what takes it")
    taken = [placing for placing in placings if not placing[0].stored]
    if taken:
        await link(connection, workspace_id, taken)
    await link_interests(connection, workspace_id, [draft for draft in drafts if draft.stored], interests, now=now)
    await gathering.gather(connection, workspace_id, joined, now=now)
    for receipt in receipts:
        receipt.submission_ids = [draft.answered or draft.id for draft in receipt.drafts]


def _order(placing: Placing) -> tuple[bytes, str]:
    draft, _ = placing
    return draft.source.id.bytes, draft.dedup_key or ""


async def _place(
    connection: Connection,
    workspace_id: UUID,
    placings: Sequence[Placing],
    receipts: Sequence[Receipt],
    now: datetime,
) -> dict[UUID, First]:
    """Stores what is new; answers for each draft that is not, what came before it.

    A draft that is neither stored nor answered for was hindered by a row that has vanished since.
    """
    leading = dict[Key, SubmissionDraft]()
    fresh = [
        placing
        for placing in placings
        if placing[0].dedup_key is None or leading.setdefault(_key(placing[0]), placing[0]) is placing[0]
    ]
    await insert(connection, workspace_id, fresh, receipts, now=now)
    left = [draft for draft, _ in placings if not draft.stored]
    if not left:
        return {}
    before = await _seen_before(connection, workspace_id, left)
    left = [draft for draft in left if draft.id not in before]
    if not left:
        return before
    known = await _firsts(connection, workspace_id, [draft for draft, _ in fresh if not draft.stored])
    for key, leader in leading.items():
        if leader.stored:
            known[key] = First(leader.id, leader.content_hash)
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


def _settle(placings: Sequence[Placing], firsts: dict[UUID, First], joined: dict[UUID, SourceView]) -> list[Placing]:
    """What becomes of the drafts that were not new; those to be inserted after all, changed, are answered."""
    again = []
    for placing in placings:
        draft = placing[0]
        if draft.stored:
            continue
        first = firsts.get(draft.id)
        if first is None:
            again.append(placing)
        elif first.id == draft.id:
            continue
        elif draft.gathers:
            draft.answered = first.id
            if draft.content_hash != first.content_hash:  # else the event that began it, once more
                joined[first.id] = draft.source
        elif draft.keyed_by_client and first.content_hash != draft.content_hash:
            _make_its_own(draft)
            again.append(placing)
        else:
            draft.answered = first.id
            draft.status, draft.reason, draft.duplicate_of = "duplicate", "repeat", first.id
            draft.dedup_key = draft.window = None
            again.append(placing)
    return again


def _make_its_own(draft: SubmissionDraft) -> None:
    """The key named another inquiry: no reason to lose this one. Its repeats are known by key and content."""
    draft.dedup_key, draft.keyed_by_client = f"{draft.dedup_key}:{draft.content_hash}", False
    report = orjson.loads(draft.report) if draft.report else []
    report.append(("submission", None, None, "idempotency key", OTHER_BODY))
    draft.report = orjson.dumps(report)


def _key(draft: SubmissionDraft) -> Key:
    """Under which repeats in one batch meet; of content without an id, whatever side of a bucket's end they are on."""
    return draft.source.id, f"hash:{draft.window}" if draft.window else draft.dedup_key or ""


async def _seen_before(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft]
) -> dict[UUID, First]:
    """The first ones in the bucket before, of drafts that only their content can tell: so the ten minutes slide. Where
    there is one, `insert` stored nothing."""
    told_by_content = [draft for draft in drafts if draft.window]
    if not told_by_content:
        return {}
    before = [key_before(draft) for draft in told_by_content]
    rows = await _named(connection, workspace_id, {draft.source.id for draft in told_by_content}, before)
    found: dict[UUID, First] = {}
    if rows:
        for draft, key in zip(told_by_content, before, strict=True):
            row = rows.get((draft.source.id, key))
            if row is not None and row["received_at"] > draft.received_at - WINDOW:
                found[draft.id] = First(row["id"], row["content_hash"])
    return found


async def _named(
    connection: Connection, workspace_id: UUID, source_ids: Iterable[UUID], dedup_keys: Iterable[str]
) -> dict[Key, Any]:
    """The submissions that these dedup keys name, by source and key."""
    rows = await connection.fetch(_NAMED, workspace_id, list(source_ids), list(dedup_keys))
    return {(row["source_id"], row["dedup_key"]): row for row in rows}


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
