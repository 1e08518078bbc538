"""Reading submissions again from all their raw requests: more events of a call came, its time ran out, or somebody
asked for a replay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lead_intake.driver import Connection
from lead_intake.normalising.pipeline import NORMALISER_VERSION
from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.submissions.drafts import SubmissionDraft
from lead_intake.submissions.events import Recorded, tell
from lead_intake.submissions.judging import keep_signs
from lead_intake.submissions.reading import Readings, StoredRaw, read_again
from lead_intake.submissions.rules import MARKED, same_words, status_after
from lead_intake.submissions.upgrading import carry_interests

_LOCKED = """
    SELECT id, source_id, version, revision, status, reason, released, external_id, inquiry::text AS inquiry,
           result, lead_id, contact_id, deal_id, screening::text AS screening
    FROM submission WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE
"""

_LINKS = """
    SELECT submission_id, raw_id, place FROM submission_raw
    WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])
"""

# Each request once, however many of the submissions it tells of: a file of calls tells of thousands.
_RAWS = """
    SELECT id, form, method, rest, query, headers::text AS headers, body, received_at, address
    FROM raw_request WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
"""

_FOUND_BY = """
    INSERT INTO submission_person (workspace_id, person, submission_id)
    SELECT $1, person, submission_id FROM unnest($2::uuid[], $3::uuid[]) AS found (person, submission_id)
    ON CONFLICT DO NOTHING
"""

_READ_BY_NOW = """
    UPDATE submission SET normaliser_version = $3
    WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND normaliser_version <> $3
"""

_UPDATE = """
    UPDATE submission SET
        version = changed.version, revision = changed.revision, status = changed.status, reason = changed.reason,
        external_id = changed.external_id, normaliser_version = changed.normaliser_version,
        inquiry = convert_from(changed.inquiry, 'UTF8')::json, report = convert_from(changed.report, 'UTF8')::json,
        screening = convert_from(changed.screening, 'UTF8')::json,
        occurred_at = changed.occurred_at, problem = NULL, updated_at = $2
    FROM unnest(
        $3::uuid[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::int[], $10::bytea[], $11::bytea[],
        $12::bytea[], $13::timestamptz[]
    ) AS changed (
        id, version, revision, status, reason, external_id, normaliser_version, inquiry, report, screening,
        occurred_at
    )
    WHERE submission.workspace_id = $1 AND submission.id = changed.id
"""


@dataclass(slots=True)
class Gathered:
    """How many submissions reading them again has changed, left as they were, or could not read (`failed`): their raw
    requests are gone, or are none that can be read."""

    changed: int = 0
    unchanged: int = 0
    failed: int = 0


async def gather(
    connection: Connection,
    workspace_id: UUID,
    sources: Mapping[UUID, SourceView],
    *,
    now: datetime,
    closing: bool = False,
    replayed: bool = False,
    sparing: bool = False,
) -> Gathered:
    """Reads the submissions (by id, each with its source) again and writes what that changed.

    An inquiry that says something new gets a higher revision; nothing new changes nothing, unless `replayed`.
    `sparing`: a replay of many, which leaves alone what crm-core has as it is, and what a person put into spam.
    """
    done = Gathered()
    if not sources:
        return done
    rows = await connection.fetch(_LOCKED, workspace_id, sorted(sources))
    raws = await raws_of(connection, workspace_id, [row["id"] for row in rows])
    readings = Readings()
    read = [
        (row, _read(row, raws[row["id"]], sources[row["id"]], readings, closing=closing))
        for row in rows
        if row["id"] in raws
    ]
    await carry_interests(connection, workspace_id, [draft for _, draft in read], now=now)
    done.failed = len(rows) - len(read)
    changed, unchanged = [], []
    for row, draft in read:
        if _decide(row, draft, replayed=replayed, sparing=sparing):
            changed.append((row, draft))
        else:
            unchanged.append(row["id"])
        done.failed += draft.status == "unreadable"
    done.changed = sum(draft.status != "unreadable" for _, draft in changed)
    done.unchanged = len(rows) - done.changed - done.failed
    if sparing and unchanged:
        await connection.execute(_READ_BY_NOW, workspace_id, unchanged, NORMALISER_VERSION)
    if changed:
        await connection.execute(_UPDATE, workspace_id, now, *_columns(changed))
        found_by = [(person, draft.id) for _, draft in changed for person in draft.persons]
        await connection.execute(_FOUND_BY, workspace_id, *([pair[side] for pair in found_by] for side in (0, 1)))
        await tell(connection, workspace_id, [_recorded(row, draft) for row, draft in changed], now=now)
    return done


def _read(
    row: Any, raws: Sequence[StoredRaw], source: SourceView, readings: Readings, *, closing: bool
) -> SubmissionDraft:
    draft = read_again(
        raws, source, submission_id=row["id"], external_id=row["external_id"], revision=row["revision"] + 1,
        released=row["released"], closing=closing, readings=readings,
    )  # fmt: skip
    keep_signs(draft, row["screening"])
    return draft


def _decide(row: Any, draft: SubmissionDraft, *, replayed: bool, sparing: bool) -> bool:
    """Settles the status of the draft; answers whether anything is to be written."""
    says_more = not same_words(_parsed(row["inquiry"]), _parsed(draft.inquiry))
    before, read = row["status"], draft.status
    if sparing and (before == "delivered" or row["reason"] == MARKED):
        replayed = False
    draft.status = status_after(before, read, says_more=says_more, replayed=replayed)
    if draft.status != read:
        draft.reason = row["reason"]
    return (replayed and not sparing) or says_more or draft.status != before


def _parsed(inquiry: str | bytes | None) -> dict[str, Any] | None:
    return orjson.loads(inquiry) if inquiry else None


async def raws_of(
    connection: Connection, workspace_id: UUID, submission_ids: Sequence[UUID]
) -> dict[UUID, list[StoredRaw]]:
    """The raw requests of each submission, oldest first; of one that has lost any, none: the rest would tell less."""
    links = await connection.fetch(_LINKS, workspace_id, submission_ids)
    rows = await connection.fetch(_RAWS, workspace_id, list({link["raw_id"] for link in links}))
    requests = {row["id"]: (row["form"], _request(row)) for row in rows}
    found: dict[UUID, list[StoredRaw]] = {}
    incomplete = set[UUID]()
    for link in links:
        if link["raw_id"] not in requests:
            incomplete.add(link["submission_id"])
            continue
        form, request = requests[link["raw_id"]]
        found.setdefault(link["submission_id"], []).append(StoredRaw(link["raw_id"], request, form, link["place"]))
    return {
        submission_id: sorted(raws, key=lambda raw: (raw.request.received_at, raw.id, raw.place))
        for submission_id, raws in found.items()
        if submission_id not in incomplete
    }


def _request(row: Any) -> WireRequest:
    return WireRequest(
        row["method"], row["rest"], row["query"], orjson.loads(row["headers"]), row["body"], row["received_at"],
        row["address"],
    )  # fmt: skip


def _columns(changed: Iterable[tuple[Any, SubmissionDraft]]) -> Iterable[list[object]]:
    rows = [
        (
            d.id, row["version"] + 1, d.revision, d.status, d.reason, d.external_id or row["external_id"],
            d.normaliser_version, d.inquiry, d.report, d.screening, d.occurred_at,
        )
        for row, d in changed
    ]  # fmt: skip
    return (list(column) for column in zip(*rows, strict=True))


def _recorded(row: Any, draft: SubmissionDraft) -> Recorded:
    return Recorded(
        draft.id, row["version"] + 1, draft.source.id, draft.source.channel, draft.source.provider, draft.status,
        draft.reason, draft.attribution, draft.occurred_at, draft.received_at,
        row["result"], row["lead_id"], row["contact_id"], row["deal_id"],
    )  # fmt: skip
