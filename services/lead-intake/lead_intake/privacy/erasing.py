"""Erasing what was received of a person: what they sent is gone, that and when something was received stays.

A raw request that told of several people goes as a whole; those of the others can then no longer be replayed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from leadkit.db import driver_of
from leadkit.idempotency import forget_answers_about
from leadkit.persons import workspace_key
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.driver import Connection
from lead_intake.privacy.rules import key_left, status_erased, without_person
from lead_intake.submissions.events import Recorded, attribution_told, tell
from lead_intake.submissions.rules import persons_in

_FOUND = """
    SELECT submission_id FROM submission_person WHERE workspace_id = $1 AND person = ANY ($2::uuid[])
    UNION
    SELECT id FROM submission WHERE workspace_id = $1 AND id = ANY ($3::uuid[])
"""

_LOCKED = """
    SELECT id, version, source_id, channel, provider, status, reason, inquiry::text AS inquiry, occurred_at,
           received_at, result, lead_id, contact_id, deal_id, dedup_key
    FROM submission WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE
"""

_RAWS = """
    DELETE FROM raw_request WHERE workspace_id = $1 AND id IN (
        SELECT raw_id FROM submission_raw WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])
    ) RETURNING form, headers::text AS headers
"""

_EMPTY = """
    UPDATE submission SET
        version = version + 1, status = emptied.status, reason = emptied.reason, inquiry = emptied.inquiry::json,
        report = NULL, screening = NULL, external_id = NULL, content_hash = 'erased', problem = NULL,
        dedup_key = emptied.dedup_key, updated_at = $2
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
        AS emptied (id, status, reason, inquiry, dedup_key)
    WHERE submission.workspace_id = $1 AND submission.id = emptied.id
"""

# By the submissions they belong to.
_BELONGING = (
    "DELETE FROM submission_raw WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
    "DELETE FROM interest_client WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
    "DELETE FROM spent_proof WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
    "DELETE FROM confirmation_mail WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
    "DELETE FROM pending_fetch WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
    "UPDATE attempt SET problem = NULL WHERE workspace_id = $1 AND submission_id = ANY ($2::uuid[])",
)

_HASHES = """
    DELETE FROM submission_person
    WHERE workspace_id = $1 AND person = ANY ($2::uuid[]) AND submission_id = ANY ($3::uuid[])
"""

# Of an import that has ended nothing more is read from its file.
_CHUNKS = """
    DELETE FROM import_chunk WHERE workspace_id = $1 AND import_id IN (
        SELECT id FROM import_run
        WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND status IN ('done', 'failed', 'cancelled')
    )
"""
_REJECTIONS = """
    DELETE FROM import_rejection
    USING unnest($2::uuid[], $3::int[]) AS erased (import_id, line)
    WHERE import_rejection.workspace_id = $1 AND import_rejection.import_id = erased.import_id
      AND import_rejection.line = erased.line
"""


async def submissions_of(
    connection: Connection, workspace_id: UUID, persons: Sequence[str], submission_ids: Sequence[UUID]
) -> list[UUID]:
    """The submissions in which one of these addresses (as keyed hashes) stands, and those named."""
    rows = await connection.fetch(_FOUND, workspace_id, [UUID(one) for one in persons], list(submission_ids))
    return [UUID(int=row[0].int) for row in rows]


async def erase_submissions(
    session: AsyncSession, workspace_id: UUID, ids: Sequence[UUID], data_key: SecretStr, *, now: datetime
) -> int:
    """Empties these submissions and deletes all that they were read from; answers how many there were."""
    if not ids:
        return 0
    connection = await driver_of(session)
    rows = await connection.fetch(_LOCKED, workspace_id, ids)
    left = [_left(row) for row in rows]
    raws = await connection.fetch(_RAWS, workspace_id, ids)
    await connection.execute(
        _EMPTY, workspace_id, now,
        [one.id for one, _, _ in left], [one.status for one, _, _ in left], [one.reason for one, _, _ in left],
        [inquiry for _, inquiry, _ in left], [key for _, _, key in left],
    )  # fmt: skip
    for statement in _BELONGING:
        await connection.execute(statement, workspace_id, ids)
    await _erase_imported(connection, workspace_id, raws)
    await forget_answers_about(session, workspace_id, ids)
    await _forget_hashes(connection, workspace_id, rows, workspace_key(data_key, workspace_id))
    await tell(connection, workspace_id, [one for one, _, _ in left], now=now)
    return len(rows)


def _left(row: Any) -> tuple[Recorded, str | None, str | None]:
    """The submission as it is told from then on, its inquiry in JSON, and its dedup key."""
    values = dict(row)
    stored = orjson.loads(values.pop("inquiry") or "null")
    key = key_left(values.pop("dedup_key"), stored)
    inquiry = without_person(stored) if stored else None
    values["status"], values["reason"] = status_erased(row["status"], row["reason"])
    values["version"] += 1
    written = orjson.dumps(inquiry).decode() if inquiry else None
    return Recorded(attribution=attribution_told(inquiry), **values), written, key


async def _forget_hashes(connection: Connection, workspace_id: UUID, rows: Sequence[Any], key: bytes) -> None:
    """By their hashes, since those are how the table is ordered."""
    inquiries = [orjson.loads(row["inquiry"]) for row in rows if row["inquiry"]]
    hashes = {UUID(one) for inquiry in inquiries for one in persons_in(inquiry, key)}
    await connection.execute(_HASHES, workspace_id, list(hashes), [row["id"] for row in rows])


async def _erase_imported(connection: Connection, workspace_id: UUID, raws: Sequence[Any]) -> None:
    """The person's rows in files of imports."""
    origins = [orjson.loads(raw["headers"]) for raw in raws if raw["form"] == "row"]
    named = [(UUID(one["import"]), int(one["line"])) for one in origins if "import" in one]
    if named:
        imports, lines = [one for one, _ in named], [line for _, line in named]
        await connection.execute(_REJECTIONS, workspace_id, imports, lines)
        await connection.execute(_CHUNKS, workspace_id, imports)
