"""What delivery does to submissions: reads those that are ready, writes what crm-core made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from leadkit.ids import new_id

from lead_intake.driver import Connection
from lead_intake.submissions.events import Recorded, attribution_told, tell

IMPORTED_AT_ONCE = 250
"""Rows of imports in one delivery: what comes meanwhile waits for no more than these."""

_READY = """
    SELECT id, revision, result, received_at, inquiry::text AS inquiry, false
    FROM submission WHERE workspace_id = $1 AND status = 'ready' AND channel {} 'import' AND id <> ALL ($3::uuid[])
    ORDER BY received_at, id LIMIT $2
"""
_FRESH, _IMPORTED = _READY.format("<>"), _READY.format("=")

_ARRIVING = """
    SELECT count(*) FROM (
        SELECT FROM submission
        WHERE workspace_id = $1 AND status = 'ready' AND channel <> 'import' AND received_at > $2 LIMIT $3
    ) AS arrived
"""

# A call that we made is no inquiry, so its submission stays `ignored`; what is told of it is its latest revision.
_CALLS_DUE = """
    SELECT id, revision, result, received_at, inquiry::text AS inquiry, true
    FROM submission
    WHERE workspace_id = $1 AND status = 'ignored' AND reason = 'outbound_call' AND told_revision < revision
      AND id <> ALL ($3::uuid[])
    ORDER BY received_at, id LIMIT $2
"""

# A submission that was changed while it was on its way keeps its status; the first result stays.
_RECORD = """
    UPDATE submission SET
        version = submission.version + 1,
        status = CASE WHEN submission.status = 'ready' AND submission.revision = told.revision
                      THEN told.status ELSE submission.status END,
        reason = CASE WHEN submission.status = 'ready' AND submission.revision = told.revision
                      AND told.status = 'parked' THEN told.reason ELSE submission.reason END,
        result = coalesce(submission.result, told.result),
        lead_id = coalesce(told.lead_id, submission.lead_id),
        contact_id = coalesce(told.contact_id, submission.contact_id),
        deal_id = coalesce(told.deal_id, submission.deal_id),
        problem = told.problem::jsonb,
        delivered_at = CASE WHEN told.status = 'delivered' THEN $2 ELSE submission.delivered_at END,
        updated_at = $2
"""

_RECORD_CALLS = """
    UPDATE submission SET
        version = submission.version + 1,
        status = CASE WHEN submission.status = 'ignored' AND submission.revision = told.revision
                      AND told.status = 'parked' THEN told.status ELSE submission.status END,
        reason = CASE WHEN submission.status = 'ignored' AND submission.revision = told.revision
                      AND told.status = 'parked' THEN told.reason ELSE submission.reason END,
        told_revision = greatest(submission.told_revision, told.revision),
        result = coalesce(told.result, submission.result),
        lead_id = coalesce(told.lead_id, submission.lead_id),
        contact_id = coalesce(told.contact_id, submission.contact_id),
        deal_id = coalesce(told.deal_id, submission.deal_id),
        problem = told.problem::jsonb,
        delivered_at = CASE WHEN told.status = 'delivered' THEN $2 ELSE submission.delivered_at END,
        updated_at = $2
"""

_TOLD = """
    FROM unnest(
        $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[], $11::text[]
    ) AS told (id, revision, status, reason, result, lead_id, contact_id, deal_id, problem)
    WHERE submission.workspace_id = $1 AND submission.id = told.id
    RETURNING submission.id, submission.version, submission.source_id, submission.channel, submission.provider,
              submission.status, submission.reason, submission.inquiry::text AS inquiry, submission.occurred_at,
              submission.received_at, submission.result, submission.lead_id, submission.contact_id, submission.deal_id
"""

_ATTEMPTS = """
    INSERT INTO attempt (workspace_id, id, submission_id, revision, at, status, result, problem)
    SELECT $1, id, submission_id, revision, $2, status, result, problem::jsonb
    FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::text[], $8::text[])
        AS attempt (id, submission_id, revision, status, result, problem)
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A submission that waits for delivery; `inquiry` is JSON as stored. `is_call`: to be told as a call of ours."""

    id: UUID
    revision: int
    result: str | None
    received_at: datetime
    inquiry: str
    is_call: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a submission (`ready`: to be asked once more), and what crm-core `told` in this attempt.
    `http_status` is null when it did not answer."""

    submission_id: UUID
    revision: int
    status: str
    http_status: int | None
    told: str | None
    reason: str | None = None
    result: str | None = None
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None
    problem: Mapping[str, Any] | None = None

    @property
    def answered(self) -> bool:
        """Whether crm-core decided anything about it."""
        return self.told is not None or self.status == "parked"


async def ready(connection: Connection, workspace_id: UUID, limit: int, *, but: Sequence[UUID]) -> list[Ready]:
    """The next inquiries in order of arrival; when none waits, the calls that we made; then rows of imports: a person
    who has just written must not stand behind a million old ones. `but`: those that are being recorded just now."""
    rows = await connection.fetch(_FRESH, workspace_id, limit, but)
    rows = rows or await connection.fetch(_CALLS_DUE, workspace_id, limit, but)
    rows = rows or await connection.fetch(_IMPORTED, workspace_id, min(limit, IMPORTED_AT_ONCE), but)
    return [Ready(*row) for row in rows]


async def arrived_since(connection: Connection, workspace_id: UUID, since: datetime, *, most: int) -> int:
    """How many of those that wait came after `since`, counted up to `most`; rows of imports do not come through the
    door."""
    return int(await connection.fetchval(_ARRIVING, workspace_id, since, most))


async def record_outcomes(
    connection: Connection, workspace_id: UUID, outcomes: Sequence[Outcome], *, calls: bool, now: datetime
) -> None:
    """Writes outcomes (of inquiries or of calls that we made) and attempts and tells of the new states, with a
    statement each."""
    if not outcomes:
        return
    told = [
        (
            o.submission_id, o.revision, o.status, o.reason, o.result, o.lead_id, o.contact_id, o.deal_id,
            _json(o.problem),
        )
        for o in outcomes
    ]  # fmt: skip
    rows = await connection.fetch((_RECORD_CALLS if calls else _RECORD) + _TOLD, workspace_id, now, *_columns(told))
    await record_attempts(connection, workspace_id, outcomes, now=now)
    await tell(connection, workspace_id, [_recorded(row) for row in rows], now=now)


async def record_attempts(
    connection: Connection, workspace_id: UUID, outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """Only that it was tried: the submissions stay as they are."""
    rows = (
        (new_id(), one.submission_id, one.revision, one.http_status, one.told, _json(one.problem)) for one in outcomes
    )
    await connection.execute(_ATTEMPTS, workspace_id, now, *_columns(rows))


def _recorded(row: Any) -> Recorded:
    values = dict(row)
    return Recorded(attribution=attribution_told(orjson.loads(values.pop("inquiry") or "null")), **values)


def _columns(rows: Iterable[tuple[object, ...]]) -> Iterable[list[object]]:
    return (list(column) for column in zip(*rows, strict=True))


def _json(value: Mapping[str, Any] | None) -> str | None:
    return orjson.dumps(value).decode() if value is not None else None
