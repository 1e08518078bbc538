"""The one statement that puts a batch on disk: submissions, the requests they were read from, what links both, and the
events that tell of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id_text

from lead_intake.driver import Connection, document
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.events import SUBMISSION_RECORDED, Recorded
from lead_intake.submissions.rules import WINDOW, window_key

Placing = tuple[SubmissionDraft, Receipt]
"""A draft on its way to its place, with the request that it was read from."""

# Rows come as one JSON document: of an array the driver looks at each element, several times, in Python. What is JSON
# itself comes beside it, to be kept as it is written. A submission whose place is taken takes neither link nor event.
# Its place is also taken by the same content in the bucket before, looked up one by one: a join, or NOT EXISTS, may be
# planned as a scan of all that the workspace has. The time is compared so that no index over it fits: a plan made while
# the table was empty read all of the last ten minutes for each.
_INSERT = f"""
    WITH draft AS MATERIALIZED (
        SELECT * FROM ROWS FROM (
            jsonb_to_recordset(convert_from($3, 'UTF8')::jsonb) AS (
                id uuid, source_id uuid, channel text, provider text, revision int, status text, reason text,
                dedup_key text, external_id text, content_hash text, duplicate_of uuid, normaliser_version int,
                occurred_at timestamptz, received_at timestamptz, raw_id uuid, place int, event_id uuid, event jsonb,
                request_id text, persons uuid[], key_before text
            ),
            unnest($4::bytea[], $5::bytea[], $6::bytea[])
        ) AS draft (
            id, source_id, channel, provider, revision, status, reason, dedup_key, external_id, content_hash,
            duplicate_of, normaliser_version, occurred_at, received_at, raw_id, place, event_id, event, request_id,
            persons, key_before, inquiry, report, screening
        )
    ), kept AS (
        INSERT INTO raw_request (
            workspace_id, id, source_id, form, method, rest, query, headers, address, received_at, body
        )
        SELECT $1, id, source_id, form, method, rest, query, headers, address, received_at, body
        FROM ROWS FROM (
            jsonb_to_recordset(convert_from($7, 'UTF8')::jsonb) AS (
                id uuid, source_id uuid, form text, method text, rest text, query text, headers jsonb, address text,
                received_at timestamptz
            ),
            unnest($8::bytea[])
        ) AS raw (id, source_id, form, method, rest, query, headers, address, received_at, body)
        ON CONFLICT DO NOTHING
    ), placed AS (
        INSERT INTO submission (
            workspace_id, id, source_id, channel, provider, version, revision, status, reason, released, dedup_key,
            external_id, content_hash, duplicate_of, normaliser_version, occurred_at, received_at, updated_at,
            inquiry, report, screening
        )
        SELECT $1, id, source_id, channel, provider, 1, revision, status, reason, false, dedup_key,
               external_id, content_hash, duplicate_of, normaliser_version, occurred_at, received_at, $2,
               convert_from(inquiry, 'UTF8')::json, convert_from(report, 'UTF8')::json,
               convert_from(screening, 'UTF8')::json
        FROM draft
        WHERE (
            SELECT true FROM submission AS earlier
            WHERE earlier.workspace_id = $1 AND earlier.source_id = draft.source_id
              AND earlier.dedup_key = draft.key_before
              AND earlier.received_at + interval '{WINDOW.total_seconds():.0f} seconds' > draft.received_at
            LIMIT 1
        ) IS NULL
        ON CONFLICT DO NOTHING
        RETURNING id
    ), linked AS (
        INSERT INTO submission_raw (workspace_id, submission_id, raw_id, place)
        SELECT $1, draft.id, raw_id, place FROM draft JOIN placed ON placed.id = draft.id
        ON CONFLICT DO NOTHING
    ), found_by AS (
        INSERT INTO submission_person (workspace_id, person, submission_id)
        SELECT $1, person, draft.id FROM draft JOIN placed ON placed.id = draft.id, unnest(draft.persons) AS person
        ON CONFLICT DO NOTHING
    ), told AS (
        INSERT INTO outbox (workspace_id, event_id, type, subject, data, request_id, traceparent, at)
        SELECT $1, event_id, '{SUBMISSION_RECORDED}', draft.id, event, request_id, NULL, $2
        FROM draft JOIN placed ON placed.id = draft.id
    )
    SELECT id FROM placed
"""

_LINK = """
    INSERT INTO submission_raw (workspace_id, submission_id, raw_id, place)
    SELECT $1, submission_id, raw_id, place
    FROM jsonb_to_recordset(convert_from($2, 'UTF8')::jsonb) AS link (submission_id uuid, raw_id uuid, place int)
    ON CONFLICT DO NOTHING
"""


async def insert(
    connection: Connection,
    workspace_id: UUID,
    placings: Sequence[Placing],
    receipts: Sequence[Receipt],
    *,
    now: datetime,
) -> None:
    """Keeps the requests of `receipts`, and marks those drafts as stored whose place was free."""
    rows = await connection.fetch(
        _INSERT,
        workspace_id,
        now,
        document([_row(draft, receipt) for draft, receipt in placings]),
        [draft.inquiry for draft, _ in placings],
        [draft.report for draft, _ in placings],
        [draft.screening for draft, _ in placings],
        document([_raw(receipt) for receipt in receipts]),
        [receipt.request.body for receipt in receipts],
    )
    placed = {row["id"] for row in rows} if len(rows) < len(placings) else None
    for draft, _ in placings:
        draft.stored = placed is None or draft.id in placed


async def link(connection: Connection, workspace_id: UUID, placings: Sequence[Placing]) -> None:
    """Links requests with submissions that were there before: those they repeat or add to."""
    links = [
        {
            "submission_id": draft.answered if draft.gathers else draft.id,
            "raw_id": receipt.raw_id,
            "place": draft.place,
        }
        for draft, receipt in placings
    ]
    await connection.execute(_LINK, workspace_id, document(links))


def _row(draft: SubmissionDraft, receipt: Receipt) -> dict[str, object]:
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
        "raw_id": receipt.raw_id,
        "place": draft.place,
        "event_id": new_id_text(),
        "event": _recorded(draft).data(),
        "request_id": receipt.request_id,
        "persons": draft.persons,
        "key_before": key_before(draft) if draft.window else None,
    }


def key_before(draft: SubmissionDraft) -> str:
    """What the dedup key would be, had the draft come ten minutes earlier."""
    return window_key(draft.content_hash, draft.received_at, buckets_before=1)


def _recorded(draft: SubmissionDraft) -> Recorded:
    return Recorded(
        draft.id, 1, draft.source.id, draft.source.channel, draft.source.provider, draft.status, draft.reason,
        draft.attribution, draft.occurred_at, draft.received_at,
    )  # fmt: skip


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
